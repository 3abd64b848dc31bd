"""Lines of a mapping in an operation that repeats with `update`: which of them count for a create,
which for an update, and whether the target takes them there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from connector_sdk import Field, Problem, Schemas

from connector_agent.mapping import MappingLine, Path, format_path
from connector_agent.mapping.fields import Unknown, find
from connector_agent.mapping.lines import Only, lines_for
from connector_agent.project.operation import OperationDocument


class Split(NamedTuple):
    """The lines for a create; those for an update, None where these are the same lines; and
    what is wrong with them."""

    create: tuple[MappingLine, ...]
    update: tuple[MappingLine, ...] | None
    faults: tuple[Problem, ...]


def split_lines(
    document: OperationDocument, lines: Sequence[MappingLine], target: Schemas | None
) -> Split:
    """Takes the lines apart, for the update without those that it doesn't take. A target whose
    schemas are not known (None) is left to itself."""
    only = [line for top in lines for line in top.walk() if line.only is not None]
    repeats = document.options.repeat == "update"
    schema = target.update if target is not None else None
    faults: list[Problem] = []
    if target is not None and (not repeats or schema is None):
        faults.extend(_never(document, line, repeats=repeats) for line in only)
    creates, updates = lines_for(lines, "create"), lines_for(lines, "update")
    if lines and not (creates and updates):
        faults.append(_no_line(document, "update" if creates else "create"))
    if repeats and schema is not None:
        if _takes_nothing(schema):
            faults.append(_not_updatable(document))
        else:
            updates, unfit = _fitting(schema, updates, ())
            faults.extend(unfit)
    return Split(creates, updates if only and repeats else None, tuple(faults))


def _takes_nothing(schema: Field) -> bool:
    return schema.type == "object" and not schema.fields


def _never(document: OperationDocument, line: MappingLine, *, repeats: bool) -> Problem:
    why = (
        f"the activity {str(document.target)!r} creates nothing that it updates later"
        if repeats
        else f"the operation doesn't repeat with `update`, but with `{document.options.repeat}`"
    )
    return Problem(
        "only_without_update",
        f"The line says `only: {line.only}`, and {why}.",
        "Take `only` out."
        if repeats
        else "Take `only` out, or say `repeat: update` below `options:`.",
        path=format_path(line.to),
        line=line.line,
    )


def _no_line(document: OperationDocument, what: Only) -> Problem:
    return Problem(
        "no_line_left",
        f"The mapping has no line that counts for {what}s.",
        "Set `repeat` to skip, if what was created is not to be updated."
        if what == "update"
        else "Take `only: update` out of the lines that a new object needs.",
        path="mapping",
        line=document.mapping_position(),
    )


def _not_updatable(document: OperationDocument) -> Problem:
    return Problem(
        "not_updatable",
        f"The operation repeats with `update`, and what the activity {str(document.target)!r} "
        "creates can't be updated.",
        "Set `repeat` to skip, or to create where each run has to write everything anew.",
        path="options.repeat",
        line=document.position(("options", "repeat")),
    )


def _fitting(
    schema: Field, lines: Sequence[MappingLine], above: Path
) -> tuple[tuple[MappingLine, ...], list[Problem]]:
    """The lines that an update takes, and the faults of the others."""
    kept: list[MappingLine] = []
    faults: list[Problem] = []
    for line in lines:
        to = (*above, *line.to)
        fault = next(_faults(schema, line, to, above), None)
        if fault is not None:
            faults.append(fault)
            continue
        if line.inner is None:
            kept.append(line)
            continue
        inner, below = _fitting(schema, line.inner, (*to, 0))
        faults.extend(below)
        if inner:
            kept.append(replace(line, inner=inner))
    return tuple(kept), faults


def _faults(schema: Field, line: MappingLine, to: Path, above: Path) -> Iterator[Problem]:
    name = format_path(to)
    found = find(schema, to, "update")
    if isinstance(found, Unknown):
        yield Problem(
            "not_in_update",
            f"An update doesn't take {name!r}, and the operation repeats with `update`.",
            found.remedy if line.only == "update" else "Say `only: create` in the line.",
            path=name,
            line=line.line,
        )
    for depth in range(len(above) + 1, len(to) + 1) if line.only is None else ():
        part = find(schema, to[:depth], "update")
        if isinstance(part, Field) and part.starting:
            yield Problem(
                "starting_value",
                f"{format_path(to[:depth])!r} is a value to start with, and the operation repeats "
                f"with `update`. {part.starting}",
                "Say `only: create` in the line; where each update has to send it too, add the "
                "same line once more with `only: update`.",
                path=name,
                line=line.line,
            )
