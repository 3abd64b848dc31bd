"""Checks paths of a mapping against the schemas of source and target."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connector_sdk import Field, Problem, did_you_mean
from connector_sdk.path import Path, format_path


class Unknown(NamedTuple):
    """Why a path leads nowhere: a sentence, and what to do."""

    message: str
    remedy: str


def find(schema: Field, path: Path, side: str, *, each: bool = False) -> Field | Unknown | None:
    """The field at `path`, None where the schema leaves open what stands there, or why there
    can't be any. `side` is "source" or "target", for the message. With `each` a name leads
    through a list into all of its elements."""
    options = [schema]
    for depth, segment in enumerate(path):
        shapes = [shape for option in options for shape in _shapes(option)]
        if each and isinstance(segment, str):
            shapes = [inner for shape in shapes for inner in _elements(shape)]
        if any(_is_open(shape) for shape in shapes):
            return None
        below = [child for shape in shapes if (child := _step(shape, segment)) is not None]
        if not below:
            return _nowhere(shapes, path, depth, side)
        options = below
    return options[0]


def missing(schema: Field, paths: Iterable[Path], above: Path = ()) -> Iterator[Path]:
    """The required fields of `schema` that no path leads to or into."""
    inside: dict[str | int, list[Path]] = {}
    whole = False
    for path in paths:
        if path:
            inside.setdefault(path[0], []).append(path[1:])
        else:
            whole = True
    if whole:
        return
    shapes = _shapes(schema)
    kind = "list" if any(isinstance(key, int) for key in inside) else "object"
    shapes = [shape for shape in shapes if shape.type == kind]
    if len(shapes) != 1:
        return
    for child in shapes[0].fields:
        if child.required and child.name not in inside:
            yield (*above, child.name)
    for key, rest in inside.items():
        below = _step(shapes[0], key)
        if below is not None:
            yield from missing(below, rest, (*above, key))


def _shapes(schema: Field) -> list[Field]:
    """The schema itself, or all that it may be."""
    if not schema.any_of:
        return [schema]
    return [shape for option in schema.any_of for shape in _shapes(option)]


def _elements(shape: Field) -> list[Field]:
    """What a list holds, also one of lists; another shape is itself."""
    if shape.type != "list" or shape.items is None:
        return [shape]
    return [inner for option in _shapes(shape.items) for inner in _elements(option)]


def _is_open(shape: Field) -> bool:
    """Whether it isn't said what the shape holds."""
    return (
        bool(shape.ref)
        or (shape.type == "any" and not shape.any_of)
        or (shape.type in ("map", "list") and shape.items is None)
        or (shape.type == "object" and not shape.fields)
    )


def _step(shape: Field, segment: str | int) -> Field | None:
    if isinstance(segment, int):
        return shape.items if shape.type == "list" else None
    if shape.type == "map":
        return shape.items
    return shape.child(segment) if shape.type == "object" else None


def _nowhere(shapes: list[Field], path: Path, depth: int, side: str) -> Unknown:
    above, whole = format_path(path[:depth]), format_path(path)
    segment = path[depth]
    types = {shape.type for shape in shapes}
    if isinstance(segment, str) and "list" in types:
        return Unknown(
            f"{above!r} is a list at the {side}, and {whole!r} doesn't say which place of it.",
            f"Write {format_path((*path[:depth], 0, segment))!r} for the first.",
        )
    if not types & {"object", "map"}:
        return Unknown(
            f"{above!r} has no parts at the {side}, so there is no {whole!r}.",
            f"Name {above!r} itself.",
        )
    if isinstance(segment, int):
        return Unknown(
            f"{above!r} is no list at the {side}, so there is no {whole!r}.",
            "Name a field of it instead.",
        )
    names = [child.name for shape in shapes for child in shape.fields]
    dotted = ".".join(str(part) for part in path[depth:])
    if dotted in names:
        quoted = format_path((*path[:depth], dotted))
        return Unknown(
            f"The {side} has no field {whole!r}, but one whose name holds a dot.",
            f"Write it in double quotes: {quoted}.",
        )
    for shape in shapes:
        told = dict(shape.elsewhere).get(str(segment))
        if told:
            return Unknown(f"The {side} has no field {whole!r}.", told)
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    hint = _nearest(segment, names)
    return Unknown(
        f"The {side} has no field {whole!r}.",
        f"{hint} There are: {shown}." if hint else f"There are: {shown}.",
    )


def _nearest(name: str, names: list[str]) -> str:
    folded = {each.lower(): each for each in names}
    hint = did_you_mean(name, folded)
    for lower, each in folded.items():
        hint = hint.replace(repr(lower), repr(each))
    return hint


def unknown(found: Field | Unknown | None, path: Path, line: str) -> Iterator[Problem]:
    """The Problem of a path that leads nowhere."""
    if isinstance(found, Unknown):
        yield Problem("unknown_field", *found, path=format_path(path), line=line)
