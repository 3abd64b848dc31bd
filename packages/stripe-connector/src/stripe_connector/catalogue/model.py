"""The words of the catalogue: API calls of the API, their paths, and resources."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from connector_sdk.schema import Field

Method = Literal["GET", "POST", "DELETE"]
BodyForm = Literal["form", "json", "multipart"]
HostName = Literal["api", "files", "meter_events"]
Shape = Literal["object", "list", "search", "binary", "rows", "none"]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of Stripe's API.

    `id` is `object` and `action` joined: "customers.tax_ids.create", "billing.meters.deactivate",
    "v2.core.accounts.close". `object` is what a project writes after `on:`. `path` holds its
    parameters in braces, `path_parameters` their names in order, parents first. `returns` is
    the id of the resource that the answer holds (of each row, for a list or a search); "" where
    it holds none, or one of several: then `returns_any` has their ids. `shape` says how the
    answer is built; "rows" is no answer of one call, but what several `calls` (ids, in order)
    come to: the rows of a file.
    """

    id: str
    object: str
    action: str
    method: Method
    path: str
    path_parameters: tuple[str, ...]
    host: HostName
    body: BodyForm
    returns: str
    shape: Shape
    returns_any: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def v2(self) -> bool:
        """Whether it belongs to API v2: JSON bodies, page tokens, keys on DELETE."""
        return self.path.startswith("/v2/")


@dataclass(frozen=True, slots=True)
class Resource:
    """An object that Stripe returns.

    `id` is its place in the API ("customer", "billing.meter", "v2.core.account") and
    `object_name` the value of its field `object`, which need not be the same ("invoice_item"
    is called "invoiceitem"); "" for the answer of a v2 delete, which repeats the name of what
    it deleted. In `schema` a field is required when it is always there and never null.
    `deleted` says that a deleted one is answered as `{"id", "object", "deleted": true}`.
    `prefix` is what its ids begin with, without the underscore ("cus"); "" where it has no id,
    a free one, or where the prefix is not known.
    """

    id: str
    object_name: str
    schema: Field
    deleted: bool
    description: str
    prefix: str


def is_list(field: Field) -> bool:
    """Whether the field holds one page of a list: data, has_more and url."""
    return field.child("has_more") is not None and field.child("data") is not None


class _Node:
    """One segment of the paths: the literal ones below it, the parameter below it, and what
    ends here by method."""

    __slots__ = ("ends", "literals", "parameter")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.ends: dict[str, ApiCall] = {}


class Routes:
    """A tree of path segments. Where two API calls share method and path, the first wins."""

    def __init__(self, api_calls: Iterable[ApiCall]) -> None:
        self._root = _Node()
        for api_call in api_calls:
            node = self._root
            for segment in _segments(api_call.path):
                if segment.startswith("{"):
                    if node.parameter is None:
                        node.parameter = _Node()
                    node = node.parameter
                else:
                    node = node.literals.setdefault(segment, _Node())
            node.ends.setdefault(api_call.method, api_call)

    def find(self, method: str, path: str) -> tuple[ApiCall, dict[str, str]] | None:
        """The API call and its path parameters without quoting; literal segments win over
        parameters. A query is no part of `path`."""
        values: list[str] = []
        api_call = _descend(self._root, method.upper(), _segments(path), 0, values)
        if api_call is None:
            return None
        return api_call, dict(zip(api_call.path_parameters, values, strict=True))


def _segments(path: str) -> list[str]:
    return path.split("/")[1:] if path.startswith("/") else []


def _descend(
    node: _Node, method: str, segments: list[str], at: int, values: list[str]
) -> ApiCall | None:
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
