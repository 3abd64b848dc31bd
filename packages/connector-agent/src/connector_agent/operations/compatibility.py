"""Whether the source, the target and the options of an operation fit together."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

from connector_sdk import Field, Guarantee, Problem, SettingError, did_you_mean

from connector_agent.mapping import PathError, parse_path
from connector_agent.mapping.fields import Unknown, find
from connector_agent.operations.end import End
from connector_agent.project.operation import OperationDocument
from connector_agent.project.result_files import result_path


def driving_faults(
    document: OperationDocument, source: End | None, driving: End | None
) -> Iterator[Problem]:
    """The faults of `for_each`. None stands for an end that is faulty itself."""
    if source is None:
        return
    names = source.endpoint.record_names(source.activity.name)
    if document.for_each is None:
        if names:
            yield Problem(
                "needs_records",
                f"The activity {str(document.source)!r} takes values from records "
                f"(${{record:{names[0]}}}), and the operation names no source of them.",
                "Name that source, as in `for_each: crm/contacts`.",
                path="for_each",
                line=document.position(("source",)),
            )
        return
    line = document.position(("for_each",))
    if not names:
        yield Problem(
            "not_driven",
            f"Nothing of the activity {str(document.source)!r} depends on a record of "
            f"{str(document.for_each)!r}.",
            "Write ${record:NAME} in its query or its ids, or take `for_each` out.",
            path="for_each",
            line=line,
        )
    if driving is not None:
        for name in names:
            yield from _unknown(driving, name, line)


def _unknown(driving: End, name: str, line: str) -> Iterator[Problem]:
    """A Problem for a name that the driving records don't have."""
    row = driving.schemas.response
    if row.child(name) is not None:
        return
    try:
        found = find(row, parse_path(name), "source")
    except PathError:
        found = Unknown("", "")
    if isinstance(found, Unknown):
        hint = did_you_mean(name, [child.name for child in row.fields])
        yield Problem(
            "unknown_field",
            f"The records of {driving.activity.name!r} have no field {name!r}.",
            hint or "Look the name up in the source.",
            path="for_each",
            value=name,
            line=line,
        )


def overlap_faults(
    document: OperationDocument, sources: Sequence[End | None], target: End | None, folder: Path
) -> Iterator[Problem]:
    """A Problem for each file that the operation both writes (as target or in `results`) and
    reads: the next run would take its own output for new records. None stands for an end that is
    faulty itself."""
    for key, written in _written(document, target, folder):
        if any(source is not None and _reads(source, written) for source in sources):
            yield Problem(
                f"{key[0]}_in_source",
                f"The operation writes {written.name}, which is one of the files that it reads.",
                "Write it to another folder, or under a name that the source doesn't take in.",
                path=".".join(key),
                line=document.position(key),
            )


def outside_faults(document: OperationDocument, folder: Path) -> Iterator[Problem]:
    """A Problem for each result file that a link would place outside the project."""
    for name, path in document.results.paths.items():
        key = ("results", name)
        try:
            result_path(folder, folder / path)
        except SettingError as error:
            yield error.problem._replace(path=".".join(key), line=document.position(key))


def _written(
    document: OperationDocument, target: End | None, folder: Path
) -> Iterator[tuple[tuple[str, ...], Path]]:
    from connector_agent.connectors.files.connection import FilesConnection

    if target is not None and isinstance(target.connection, FilesConnection):
        with suppress(SettingError):  # reported by the check of the activity
            yield ("target",), target.connection.written_by(target.activity)
    for name, path in document.results.paths.items():
        yield ("results", name), (folder / path).resolve()


def _reads(source: End, path: Path) -> bool:
    from connector_agent.connectors.files.connection import FilesConnection

    if not isinstance(source.connection, FilesConnection):
        return False
    try:
        return source.connection.reads(source.activity, path)
    except SettingError:
        return False  # reported by the check of the activity


_SHOWN = 3


def unmapped_faults(
    document: OperationDocument, record: Field | None, request: Field | None
) -> Iterator[Problem]:
    """A Problem where no record could pass unmapped: the target lacks fields that are always
    there, or requires fields that the source lacks. Open and unknown (None) schemas fit
    anything."""
    if document.mapping or record is None or request is None or not _is_closed(request):
        return
    if not _is_closed(record):
        return
    strange = [
        each.name for each in record.fields if each.required and request.child(each.name) is None
    ]
    missing = [
        each.name for each in request.fields if each.required and record.child(each.name) is None
    ]
    faults: list[str] = []
    if strange:
        faults.append(f"the target has no {_listed(strange)}")
    if missing:
        faults.append(f"the target needs {_listed(missing)}, which the source doesn't give")
    if faults:
        yield Problem(
            "no_mapping",
            f"The operation {document.name!r} has no mapping, and its records don't fit the "
            f"target as they are: {'; '.join(faults)}.",
            f"Map its fields, as in `mapping: [{_example(record, request)}]`.",
            path="mapping",
            line=document.position(("target",)),
        )


def _is_closed(schema: Field) -> bool:
    return schema.type == "object" and bool(schema.fields) and not schema.open


def _listed(names: Sequence[str]) -> str:
    """ "'id', 'object', 'created' and 9 more"."""
    first = ", ".join(repr(name) for name in names[:_SHOWN])
    left = len(names) - _SHOWN
    return f"{first} and {left} more" if left > 0 else first


def _example(record: Field, request: Field) -> str:
    """A line of a mapping that would fit."""
    needed = [each for each in request.fields if each.required] or list(request.fields)
    plain = [each for each in needed if each.type == "string"] or needed
    same = [each for each in plain if record.child(each.name) is not None]
    to = (same or plain)[0].name
    return f"{{to: {to}, from: {to if same else record.fields[0].name}}}"


GUARANTEES: frozenset[str] = frozenset(get_args(Guarantee))
NEEDS_IDENTITY: frozenset[Guarantee] = frozenset(("keyed", "none"))
"""Targets to which a second run writes everything twice, unless it recognises the records."""
KEEPS_IDS: frozenset[Guarantee] = frozenset(("keyed", "repeatable", "none", "transactional"))
"""Targets whose runs note what was written for an identity."""
LISTS_WRITTEN: frozenset[Guarantee] = frozenset(("keyed", "repeatable", "none"))
"""Targets whose runs have a row for each record that was written."""


def has_to_remember(document: OperationDocument, guarantee: Guarantee) -> bool:
    """Whether a run must know what earlier runs wrote, so as not to write it twice."""
    return guarantee in NEEDS_IDENTITY or (guarantee == "transactional" and bool(document.identity))


def guarantee_faults(document: OperationDocument, guarantee: Guarantee | None) -> list[Problem]:
    """What the operation asks that its target can't give. None: not known yet."""
    if guarantee is None:
        return []
    if guarantee not in GUARANTEES:
        return [unknown_guarantee(guarantee)._replace(line=document.position(("target",)))]
    faults = identity_faults(document, guarantee)
    if guarantee not in LISTS_WRITTEN and document.results.written:
        faults.append(
            Problem(
                "no_written_results",
                "A target such as a file or a table is itself the list of what was written.",
                "Take `written:` out of `results:`; `problems:` may stay.",
                path="results.written",
                line=document.position(("results", "written")),
            )
        )
    return faults


def identity_faults(document: OperationDocument, guarantee: Guarantee) -> list[Problem]:
    """A Problem where a second run would write everything twice."""
    needed = guarantee in NEEDS_IDENTITY
    if not needed or document.identity or document.options.repeat == "create":
        return []
    return [
        Problem(
            "needs_identity",
            f"The operation {document.name!r} doesn't say what makes a source record the "
            "same record again, so that running it twice would write everything twice.",
            "Add a line such as `identity: crm_id`; or, where each run has to write everything "
            "again, `repeat: create` below `options:`.",
            path="identity",
            line=document.position(()),
        )
    ]


def unknown_guarantee(guarantee: str) -> Problem:
    return Problem(
        "unknown_guarantee",
        f"The target gives the guarantee {guarantee!r}, which this agent doesn't know: it can't "
        "say how a run is resumed without losing or doubling records.",
        "Update the agent, or correct the guarantee in the connector.",
        path="target",
        value=guarantee,
    )
