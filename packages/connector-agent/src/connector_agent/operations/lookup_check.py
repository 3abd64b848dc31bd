"""Checks that lookups ask an operation that can have written the id."""

from collections.abc import Iterator, Sequence

from connector_sdk import Field, Problem, SettingError

from connector_agent.mapping import Lookup, MappingLine, Path, format_path
from connector_agent.mapping.fields import find
from connector_agent.operations.compatibility import KEEPS_IDS
from connector_agent.operations.end import End, Inspection, connector_of
from connector_agent.project import Project
from connector_agent.project.names import canonical, nearest
from connector_agent.project.operation import OperationDocument


def lookup_faults(
    project: Project, document: OperationDocument, lines: Sequence[MappingLine]
) -> Iterator[Problem]:
    """The fault of each lookup of the operation."""
    for to, lookup in _lookups(lines, ()):
        fault = _fault(project, document, lookup)
        if fault is not None:
            yield fault._replace(path=format_path(to), line=lookup.line)


async def other_objects(
    project: Project, lines: Sequence[MappingLine], target: End, inspection: Inspection
) -> list[Problem]:
    """Warnings for lookups whose ids belong to another object. Not faults: an object may have
    two names."""
    found: list[Problem] = []
    for to, lookup in _lookups(lines, ()):
        field = find(target.schemas.request, to, "target")
        other = project.operations.get(canonical(lookup.operation))
        if not isinstance(field, Field) or not field.id_of or other is None:
            continue
        endpoint = project.endpoints.get(other.target.endpoint)
        if endpoint is None or other.target.activity not in endpoint.activities:
            continue
        end = await inspection.end(endpoint, other.target.activity)
        made = end.schemas.response.child("id") if end is not None else None
        if made is not None and made.id_of not in ("", field.id_of):
            found.append(
                Problem(
                    "lookup_of_other_object",
                    f"{format_path(to)!r} takes ids of {field.id_of}, and the operation "
                    f"{other.name!r} writes {made.id_of}.",
                    f"Look up in an operation that writes {field.id_of}, unless both are one.",
                    path=format_path(to),
                    line=lookup.line,
                    warning=True,
                )
            )
    return found


def _lookups(lines: Sequence[MappingLine], above: Path) -> Iterator[tuple[Path, Lookup]]:
    """Each lookup with the request path that it fills."""
    for line in lines:
        to = (*above, *line.to)
        if line.lookup is not None:
            yield to, line.lookup
        yield from _lookups(line.inner or (), (*to, 0))


def _fault(project: Project, document: OperationDocument, lookup: Lookup) -> Problem | None:
    name = canonical(lookup.operation)
    if name == document.name:
        return Problem(
            "lookup_in_itself",
            f"The operation {name!r} looks up what it writes itself.",
            "Look up in another operation that runs before this one.",
        )
    if name not in project.documents.operations:
        known = [each for each in project.documents.operations if each != document.name]
        return Problem(
            "unknown_operation",
            f"There is no operation {name!r} to look ids up in.",
            nearest(name, known) or f"There are: {', '.join(known)}."
            if known
            else "Add the operation that writes them.",
        )
    other = project.operations.get(name)
    if other is None:
        return None  # its file's faults are reported there
    if other.target.endpoint != document.target.endpoint:
        return Problem(
            "lookup_elsewhere",
            f"The operation {name!r} writes to {other.target.endpoint!r}, and this one to "
            f"{document.target.endpoint!r}: an id counts on one account only.",
            "Look up in an operation whose target is of the same endpoint.",
        )
    if not other.identity or not _keeps_ids(project, other):
        return Problem(
            "lookup_without_ids",
            f"The operation {name!r} keeps no ids, because "
            + ("its target gives none." if other.identity else "it has no `identity`."),
            "Add an identity to it, or look up in another operation.",
        )
    if len(other.identity) != len(lookup.by):
        return Problem(
            "lookup_by_other_fields",
            f"The identity of {name!r} has {_count(len(other.identity))} "
            f"({', '.join(other.identity)}), and 'by' names {len(lookup.by)}.",
            "Name in 'by' one field of this source for each of them, in the same order.",
        )
    return None


def _keeps_ids(project: Project, other: OperationDocument) -> bool:
    """Whether runs to the target store ids; file targets don't."""
    endpoint = project.endpoints.get(other.target.endpoint)
    activity = endpoint.activities.get(other.target.activity) if endpoint is not None else None
    if endpoint is None or activity is None:
        return True  # reported where the target is named
    try:
        types = connector_of(endpoint).activity_types()
    except SettingError:
        return True
    guarantees = {each.name: each.guarantee for each in types}
    guarantee = guarantees.get(activity.type)
    return guarantee is None or guarantee in KEEPS_IDS


def _count(number: int) -> str:
    return f"{number} field" + ("" if number == 1 else "s")
