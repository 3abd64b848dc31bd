"""What lies between the ends of an operation, read and checked: filter, grouping, mapping."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from connector_sdk import Field, Problem, Schemas
from connector_sdk import path as paths

from connector_agent.mapping import (
    Mapper,
    MappingLine,
    Path,
    PathError,
    format_path,
    load_steps,
    parse_path,
    read_lines,
)
from connector_agent.mapping.fields import Unknown, find, unknown
from connector_agent.mapping.lines import Only, lines_for
from connector_agent.mapping.mapper import Unseen
from connector_agent.operations.compatibility import unmapped_faults
from connector_agent.operations.filter import Choose, Conditions, ExpressionFilter, read_tests
from connector_agent.operations.grouped_source import grouped
from connector_agent.operations.lookup_check import lookup_faults
from connector_agent.project import Project
from connector_agent.project.document import Keys
from connector_agent.project.operation import OperationDocument


class Split(NamedTuple):
    """The lines for creates, those for updates (None: the same lines), and their faults."""

    create: tuple[MappingLine, ...]
    update: tuple[MappingLine, ...] | None
    faults: tuple[Problem, ...]


def split_lines(
    document: OperationDocument, lines: Sequence[MappingLine], target: Schemas | None
) -> Split:
    """Splits lines by `only:`; an update omits those it doesn't take. Without the target's
    schemas (None) all lines stay."""
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
        "Set `repeat` to skip, or to create where each run has to write everything again.",
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


class Composition(NamedTuple):
    """`choose` keeps the records that pass `where` (None: all); `by` holds the paths of `group`;
    `mapper` is None where records pass unmapped, `updater` where updates use the same request.
    `reads` lists the record's fields in use, `unseen` collects those that no record has. Don't
    run with `faults`. Close it."""

    choose: Choose | None
    by: tuple[paths.Path, ...]
    lines: tuple[MappingLine, ...]
    mapper: Mapper | None
    updater: Mapper | None
    reads: tuple[paths.Path, ...]
    unseen: Unseen
    faults: tuple[Problem, ...]

    def never_there(self) -> Iterator[Problem]:
        """Warnings for fields that no record read so far has."""
        if isinstance(self.choose, Conditions):
            yield from self.choose.unseen.warnings()
        yield from self.unseen.warnings()

    def close(self) -> None:
        """Ends the worker of expressions. May be called twice."""
        if isinstance(self.choose, ExpressionFilter):
            self.choose.close()
        for mapper in (self.mapper, self.updater):
            if mapper is not None:
                mapper.close()


def compose(
    project: Project,
    document: OperationDocument,
    source: Schemas | None,
    target: Schemas | None,
) -> Composition:
    """Reads and checks all of it. An end with unknown schemas (None) fits anything."""
    faults: list[Problem] = []
    row = source.response if source is not None else None
    choose = _choose(document, row, faults)
    by = _by(document, row, faults)
    record = row
    if row is not None and document.group is not None:
        record = grouped(row, document.group.into)
    own = load_steps(project.documents.steps)
    lines, found = read_lines(document.mapping, document.mapping_position, own.all)
    if own.problems and any(each.code == "unknown_step" for each in found):
        # It may be declared there: the fault that hides it is reported instead.
        found = (*own.problems, *(each for each in found if each.code != "unknown_step"))
    faults.extend(found)
    faults.extend(lookup_faults(project, document, lines))
    mapper = updater = None
    split = split_lines(document, lines, target)
    if document.mapping:
        mapping = _Mapping(project, document, source, target, record)
        mapper = mapping.mapper(split.create, target.request if target is not None else None)
        checked = [*mapper.check()]
        if split.update is not None and target is not None:
            updater = mapping.mapper(split.update, target.update)
            checked += updater.check()
        unreported = {"missing_field"} if found else set()
        if source is None or target is None:
            unreported.add("no_currencies")  # reported with that end
        faults.extend(each for each in dict.fromkeys(checked) if each.code not in unreported)
        faults.extend(split.faults)
    faults.extend(unmapped_faults(document, record, target.request if target else None))
    mappers = [each for each in (mapper, updater) if each is not None]
    reads = [path for each in mappers for path in each.reads()]
    for text in document.identity:
        reads.append(_path(document, ("identity",), text, record, faults))
    named = tuple(path for path in reads if path)
    unseen = Unseen.of_lines(lines)
    return Composition(choose, by, lines, mapper, updater, named, unseen, tuple(faults))


class _Mapping(NamedTuple):
    """What the mappers of an operation share; `record` is the schema of their input."""

    project: Project
    document: OperationDocument
    source: Schemas | None
    target: Schemas | None
    record: Field | None

    def mapper(self, lines: Sequence[MappingLine], schema: Field | None) -> Mapper:
        return Mapper(
            lines,
            schema,
            self.target.minor_units if self.target is not None else None,
            source_schema=self.record,
            source_units=self.source.minor_units if self.source is not None else None,
            amount_decimals=self.target.amount_decimals if self.target is not None else None,
            folder=self.project.folder,
            line=self.document.mapping_position(),
        )


def _choose(document: OperationDocument, row: Field | None, faults: list[Problem]) -> Choose | None:
    where = document.where
    if where is None:
        return None
    if isinstance(where, str):
        expression = ExpressionFilter(document, where)
        faults.extend(expression.faults())
        return expression
    tests, found = read_tests(where, lambda keys: document.position(("where", *keys)))
    faults.extend(found)
    for test in tests:
        if row is not None:
            faults.extend(unknown(find(row, test.source, "source"), test.source, test.line))
    return Conditions(tests)


def _by(
    document: OperationDocument, row: Field | None, faults: list[Problem]
) -> tuple[paths.Path, ...]:
    group = document.group
    if group is None:
        return ()
    found: list[paths.Path] = []
    for text in group.by:
        path = _path(document, ("group", "by"), text, row, faults)
        if any(isinstance(segment, int) for segment in path):
            faults.append(
                Problem(
                    "bad_group",
                    f"Rows can't be put together by {text!r}, a place in a list.",
                    "Name a field that all rows of a group share.",
                    path="group.by",
                    line=document.position(("group", "by")),
                )
            )
        if path:
            found.append(path)
    if row is not None and row.child(group.into) is not None:
        faults.append(
            Problem(
                "bad_group",
                f"The source has a field {group.into!r} already.",
                "Call the list of rows something else.",
                path="group.as",
                line=document.position(("group", "as")),
            )
        )
    return tuple(found)


def _path(
    document: OperationDocument,
    keys: Keys,
    text: str,
    schema: Field | None,
    faults: list[Problem],
) -> paths.Path:
    """The path in `text`; () after a fault of it. An unknown field is a fault, too."""
    line = document.position(keys)
    try:
        path = parse_path(text)
    except PathError as error:
        faults.append(
            Problem(
                "bad_path",
                f"{text!r} after {keys[-1]!r} isn't a path to a field: {error}.",
                "Write names with dots between.",
                path=".".join(map(str, keys)),
                line=line,
            )
        )
        return ()
    if schema is not None:
        faults.extend(unknown(find(schema, path, "source"), path, line))
    return path
