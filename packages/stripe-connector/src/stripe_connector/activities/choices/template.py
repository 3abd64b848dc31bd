"""A setting in which values stand in the place of `${…}`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from connector_sdk import JSON, Problem

from stripe_connector.activities.choices.settings import Filled
from stripe_connector.query import QueryError
from stripe_connector.query.binding import RECORD, names, text_of


@dataclass(frozen=True)
class Template:
    """The text of the setting `path`, and the values that are known before any record."""

    path: str
    text: str
    values: Mapping[str, JSON]

    @cached_property
    def driven(self) -> bool:
        """Whether each record of another source gives some of its values."""
        return any(name.startswith(RECORD) for name in names(self.text))

    def filled(self, values: Mapping[str, JSON] | None = None) -> str:
        """The text with its values, and with those of one record. Raises QueryError."""
        span = (0, len(self.text))
        known = {**self.values, **(values or {})}
        return text_of(self.text, span, known, escapes=False).text

    @cached_property
    def faults(self) -> tuple[Problem, ...]:
        """The first value that can't be put in."""
        try:
            self.filled()
        except QueryError as error:
            return (self.problem(error),)
        return ()

    def problem(self, error: QueryError) -> Problem:
        """A fault with its place in the text."""
        return Problem(
            error.code,
            f"{error}.",
            error.fix or "Correct the text.",
            path=self.path,
            value=self.text,
            span=error.span,
        )

    def of_record(self, record: Mapping[str, JSON]) -> dict[str, JSON]:
        """The values that one record gives to the text, None for those that it lacks."""
        return {name: _found(record, name.removeprefix(RECORD)) for name in self._from_record()}

    def _from_record(self) -> Iterator[str]:
        return (name for name in names(self.text) if name.startswith(RECORD))


def template_of(setting: str | Filled, path: str) -> Template:
    """What a setting of the format "template" holds."""
    if isinstance(setting, Filled):
        return Template(path, setting.text, setting.values)
    return Template(path, setting, {})


def _found(record: Mapping[str, JSON], name: str) -> JSON:
    """A field of a record by its whole name, or else by a dotted path."""
    name = name.strip()
    if name in record:
        return record[name]
    value: JSON = dict(record)
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
