"""A mapping together with a target that takes what fits its schema."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector_agent.mapping import Found, Mapper, MappingLine
from connector_sdk import JSON, Field, Problem, conform


class CheckedMapper:
    """A Mapper whose `apply` gives the request as such a target prepares it, or all problems."""

    def __init__(
        self,
        lines: Sequence[MappingLine],
        schema: Field | None = None,
        minor_units: Mapping[str, int] | None = None,
        **settings: Any,
    ) -> None:
        self._mapper = Mapper(lines, schema, minor_units, **settings)
        self._schema = schema

    def apply(self, record: dict[str, JSON], at: str = "", found: Found | None = None) -> Any:
        mapped = self._mapper.apply(record, at, found or {})
        value: JSON = mapped.values
        problems: tuple[Problem, ...] = ()
        if self._schema is not None:
            value, problems = conform(self._schema, mapped.values)
        return mapped.faults(problems) or value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mapper, name)
