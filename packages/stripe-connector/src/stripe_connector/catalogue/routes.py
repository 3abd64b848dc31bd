"""Finds the operation that a method and a concrete path belong to."""

from collections.abc import Iterable
from urllib.parse import unquote

from stripe_connector.catalogue.model import Operation


class _Node:
    """One segment of the paths: the literal ones below it, the parameter below it, and what
    ends here by method."""

    __slots__ = ("ends", "literals", "parameter")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.ends: dict[str, Operation] = {}


class Routes:
    """A tree of path segments. Where two operations share method and path, the first wins."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for segment in _segments(operation.path):
                if segment.startswith("{"):
                    if node.parameter is None:
                        node.parameter = _Node()
                    node = node.parameter
                else:
                    node = node.literals.setdefault(segment, _Node())
            node.ends.setdefault(operation.method, operation)

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and its path parameters without quoting; literal segments win over
        parameters. A query is no part of `path`."""
        values: list[str] = []
        operation = _descend(self._root, method.upper(), _segments(path), 0, values)
        if operation is None:
            return None
        return operation, dict(zip(operation.path_parameters, values, strict=True))


def _segments(path: str) -> list[str]:
    return path.split("/")[1:] if path.startswith("/") else []


def _descend(
    node: _Node, method: str, segments: list[str], at: int, values: list[str]
) -> Operation | None:
    if at == len(segments):
        return node.ends.get(method)
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _descend(literal, method, segments, at + 1, values)
        if found is not None:
            return found
    if node.parameter is None or not segment:
        return None
    values.append(unquote(segment))
    found = _descend(node.parameter, method, segments, at + 1, values)
    if found is None:
        values.pop()
    return found
