"""Whether the source and the records that it is asked for fit together."""

from collections.abc import Iterator

from connector_sdk import Problem, did_you_mean

from connector_agent.mapping import PathError, parse_path
from connector_agent.mapping.fields import Unknown, find
from connector_agent.operations.end import End
from connector_agent.project.operation import OperationDocument


def driving_faults(
    document: OperationDocument, source: End | None, driving: End | None
) -> Iterator[Problem]:
    """What is wrong with `for_each`. An end that is faulty itself is None."""
    if source is None:
        return
    names = source.endpoint.record_names(source.activity.name)
    if document.for_each is None:
        if names:
            yield Problem(
                "needs_records",
                f"The activity {str(document.source)!r} takes values from records "
                f"(${{record:{names[0]}}}), and the operation names no source of them.",
                "Name that source, as in `for_each: crm/customers`.",
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
