"""What a mapping tells of whether a guard of its target concerns a record."""

from collections.abc import Sequence

from connector_sdk import JSON, Guarded, Problem, Schemas, conform

from connector_agent.mapping import MappingLine
from connector_agent.mapping.state import ABSENT
from connector_agent.operations.end import End


def can_concern(guard: Guarded, lines: Sequence[MappingLine], schemas: Schemas) -> bool:
    """Whether a request that these lines make can be one that the guard concerns; without
    lines records pass as they are, and anything can be."""
    if not lines:
        return True
    constants: dict[str, JSON] = {}
    fields: set[str] = set()
    for line in lines:
        name = str(line.to[0])
        constant = len(line.to) == 1 and not line.steps and line.when is None
        if constant and line.value is not ABSENT:
            constants[name] = line.value
        else:
            fields.add(name)
    fitted = conform(schemas.request, constants).value
    known = fitted if isinstance(fitted, dict) else constants
    return guard.can_concern(frozenset(fields), known)


async def guard_warnings(end: End, lines: Sequence[MappingLine]) -> list[Problem]:
    """What the mapping of a target does on a live account that isn't allowed there. What
    every request does the connector has told by itself."""
    guard = await end.connection.guard(end.activity)
    if guard is None or guard.always or not can_concern(guard, lines, end.schemas):
        return []
    return [end.endpoint.located(guard.refusal._replace(warning=True), end.activity.name)]
