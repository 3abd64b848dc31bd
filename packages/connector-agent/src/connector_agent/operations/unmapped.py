"""Whether the records of a source can be requests of a target as they are, without a mapping."""

from collections.abc import Iterator, Sequence

from connector_sdk import Field, Problem

from connector_agent.project.operation import OperationDocument

_TOLD = 3


def unmapped_faults(
    document: OperationDocument, record: Field | None, request: Field | None
) -> Iterator[Problem]:
    """A Problem where no record would pass: the target has no place for fields that are always
    there, or needs some that the source doesn't have. Schemas that are open or not known (None)
    give or take anything."""
    if document.mapping or record is None or request is None or not _told(request):
        return
    if not _told(record):
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
            f"Say what becomes of which field, as in `mapping: [{_example(record, request)}]`.",
            path="mapping",
            line=document.position(("target",)),
        )


def _told(schema: Field) -> bool:
    """Whether all the names that can stand there are known."""
    return schema.type == "object" and bool(schema.fields) and not schema.open


def _listed(names: Sequence[str]) -> str:
    """ "'id', 'object', 'created' and 9 more"."""
    first = ", ".join(repr(name) for name in names[:_TOLD])
    left = len(names) - _TOLD
    return f"{first} and {left} more" if left > 0 else first


def _example(record: Field, request: Field) -> str:
    """A line of a mapping that fits, as far as there is one."""
    needed = [each for each in request.fields if each.required] or list(request.fields)
    plain = [each for each in needed if each.type == "string"] or needed
    same = [each for each in plain if record.child(each.name) is not None]
    to = (same or plain)[0].name
    return f"{{to: {to}, from: {to if same else record.fields[0].name}}}"
