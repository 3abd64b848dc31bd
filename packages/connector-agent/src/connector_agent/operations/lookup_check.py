"""Checks that lines which look an id up ask an operation that can have written it."""

from collections.abc import Iterator, Sequence
from itertools import chain

from connector_sdk import Problem, SettingError

from connector_agent.mapping import Lookup, MappingLine, format_path
from connector_agent.operations.end import connector_of
from connector_agent.project import Project
from connector_agent.project.names import canonical, nearest
from connector_agent.project.operation import OperationDocument


def lookup_faults(
    project: Project, document: OperationDocument, lines: Sequence[MappingLine]
) -> Iterator[Problem]:
    """What is wrong with each lookup of the operation in `document`."""
    for line in chain.from_iterable(each.walk() for each in lines):
        if line.lookup is not None:
            fault = _fault(project, document, line.lookup)
            if fault is not None:
                yield fault._replace(path=format_path(line.to), line=line.lookup.line)


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
        return None  # what is wrong with its file is told there
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
    """Whether the target is one that recognises repeats by a key: others note no ids."""
    endpoint = project.endpoints.get(other.target.endpoint)
    activity = endpoint.activities.get(other.target.activity) if endpoint is not None else None
    if endpoint is None or activity is None:
        return True  # told where the target is named
    try:
        types = connector_of(endpoint).activity_types()
    except SettingError:
        return True
    guarantees = {each.name: each.guarantee for each in types}
    return guarantees.get(activity.type, "keyed") in ("keyed", None)


def _count(number: int) -> str:
    return f"{number} field" + ("" if number == 1 else "s")
