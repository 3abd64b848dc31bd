"""Reads what `form` writes: a form with brackets back into nested parameters.

Made for hostile input: work is linear in the size of the data, an index is never a length,
and each fault is a WireError that names the key.
"""

import re
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from connector_sdk import JSON, Field, shown

from stripe_connector.wire.bodies import DEPTH
from stripe_connector.wire.path import WireError

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")

_Node: TypeAlias = "str | _Named | _Appended"


class _Named(dict[str, _Node]):
    """What stood in named or numbered brackets; list or map is decided at the end."""


class _Appended(list[_Node]):
    """What stood in empty brackets."""


def decode_form(data: bytes | str, schema: Field | None = None) -> dict[str, JSON]:
    """Parameters of a v1 body or query string. Single values stay text; a repeated key keeps
    its last value.

    Brackets with the numbers 0, 1, 2 … make a list, whatever order they came in; so do empty
    brackets. With `schema` (the API call's request) a map keeps numbers as names, so that
    `metadata[0]` stays an entry, and numbers with gaps make a list where the schema has one.
    Raises WireError for keys that contradict each other, are malformed, are nested more than
    32 levels deep, or are no UTF-8.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    root = _Named()
    for pair in raw.split(b"&"):
        if not pair:
            continue
        left, _, right = pair.partition(b"=")
        key = _text(left, "")
        _put(root, key, _segments(key), _text(right, key))
    return {name: _value(node, _part(schema, name)) for name, node in root.items()}


def _text(raw: bytes, key: str) -> str:
    unquoted = unquote_to_bytes(raw.replace(b"+", b" "))
    try:
        return unquoted.decode()
    except UnicodeDecodeError:
        key = key or unquoted.decode("utf-8", "replace")
        raise WireError(
            key, f"The parameter {shown(key)!r} is not valid UTF-8.", "Send UTF-8."
        ) from None


def _segments(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise WireError(
            key, f"{shown(key)!r} is no name of a parameter.", "Write it as name[part][0]."
        )
    if key.count("[") >= DEPTH:
        raise WireError(
            key, f"{shown(key)!r} is nested more than {DEPTH} levels deep.", "Nest it less."
        )
    brackets = match[2]
    return [match[1], *(brackets[1:-1].split("][") if brackets else ())]


def _put(root: _Named, key: str, segments: list[str], value: str) -> None:
    """Walks down to the place of one value, making what is missing on the way. What comes
    next decides the kind of a node, so that a segment always fits the node it is met in."""
    node: _Named | _Appended = root
    for position, segment in enumerate(segments):
        rest = segments[position + 1 :]
        if isinstance(node, _Appended):
            if not rest:
                node.append(value)
                return
            if not rest[0] or _INDEX.fullmatch(rest[0]):
                raise _conflict(key)
            last = node[-1] if node else None
            if not isinstance(last, _Named) or _taken(last, rest):
                last = _Named()
                node.append(last)
            node = last
            continue
        if not rest:
            if not isinstance(node.get(segment, ""), str):
                raise _conflict(key)
            node[segment] = value
            return
        wanted = _Named if rest[0] else _Appended
        child = node.setdefault(segment, wanted())
        if not isinstance(child, wanted):
            raise _conflict(key)
        node = child


def _taken(element: _Named, path: list[str]) -> bool:
    """Whether the last element of an appended list has this value already, so that the next
    one begins (`items[][price]=a&items[][price]=b` are two items)."""
    node: _Node = element
    for segment in path:
        if not isinstance(node, _Named) or segment not in node:
            return False
        node = node[segment]
    return True


def _conflict(key: str) -> WireError:
    return WireError(
        key,
        f"{shown(key)!r} contradicts the shape that another parameter gives it.",
        "Send a value, a list or an object under one name, and lists either with numbers or "
        "with empty brackets.",
        "parameter_conflict",
    )


def _value(node: _Node, schema: Field | None) -> JSON:
    if isinstance(node, str):
        return node
    if isinstance(node, _Appended):
        return [_value(part, _items(schema)) for part in node]
    if _is_list(node, schema):
        ordered = sorted(node.items(), key=lambda entry: int(entry[0]))
        return [_value(part, _items(schema)) for _, part in ordered]
    return {name: _value(part, _part(schema, name)) for name, part in node.items()}


def _is_list(node: _Named, schema: Field | None) -> bool:
    if not all(_INDEX.fullmatch(name) for name in node):
        return False
    kinds = {option.type for option in _options(schema)}
    if "list" in kinds:
        return True
    if kinds & {"map", "object"}:
        return False
    return all(str(index) in node for index in range(len(node)))


def _options(schema: Field | None) -> tuple[Field, ...]:
    if schema is None:
        return ()
    return schema.any_of or (schema,)


def _items(schema: Field | None) -> Field | None:
    return next((option.items for option in _options(schema) if option.type == "list"), None)


def _part(schema: Field | None, name: str) -> Field | None:
    for option in _options(schema):
        found = option.items if option.type == "map" else option.child(name)
        if found is not None:
            return found
    return None
