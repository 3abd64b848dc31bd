"""The query of an activity: its fields, the values put into it, and its check."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from connector_sdk import JSON, Field, Problem
from connector_sdk.schema import Type

from stripe_connector.activities.choices.settings import ActivitySettings, Filled
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.query import (
    Fields,
    Query,
    QueryError,
    check,
    fields_of,
    parse,
    unknown_fields,
)
from stripe_connector.query.clause import RECORD, FieldKind, names, text_of
from stripe_connector.query.fields import Known

_TYPES: dict[FieldKind, Type] = {"number": "number"}
_OPERATORS: dict[FieldKind, tuple[str, str]] = {
    "id": ("an id, compared as it is", ": = null"),
    "token": ("compared as a whole, ignoring case", ": = null"),
    "string": ("a text, by its words, ignoring case and accents", ": ~ = null"),
    "number": ("compared by size", ": > < >= <= null"),
    "moment": ("a moment or a day, compared by time", ": > < >= <= null"),
}


def askable(catalogue: Catalogue, api_call: ApiCall) -> tuple[Field, ...]:
    """The fields that a query can ask for, each with its operators and an example."""
    known = fields_of(catalogue, api_call)
    native = api_call.shape == "search"
    found = [
        _field(name, each) for name, each in known.names() if not native or name in known.searchable
    ]
    if catalogue.response(api_call).child("metadata") is not None:
        described = 'compared as a whole, ignoring case; : = null; metadata["crm_id"]:"C-1"'
        found.append(Field(name='metadata["…"]', type="string", description=described))
    return tuple(found)


def _field(name: str, known: Known) -> Field:
    said, operators = _OPERATORS[known.kind]
    schema = known.schema or Field(name=name, type="string")
    return Field(
        name=name,
        type=_TYPES.get(known.kind, "boolean" if schema.type == "boolean" else "string"),
        choices=schema.choices,
        open=schema.open,
        format=schema.format,
        description=f"{said}; {operators}; {name}{_example(name, known.kind, schema)}",
    )


def _example(name: str, kind: FieldKind, schema: Field) -> str:
    if kind == "number":
        return ">=1735689600" if schema.format == "unix-time" else ">=100"
    if kind == "moment":
        return '>="2026-01-31T12:00:00Z"'
    if schema.choices:
        first = str(schema.choices[0])
        return f':"{first.lower() if schema.type == "boolean" else first}"'
    if kind == "id":
        return f':"{name.rpartition(".")[2][:3]}_123"'
    if schema.type == "boolean":
        return ':"true"'
    if schema.format == "currency":
        return ':"eur"'
    if name.endswith("email"):
        return '="ada@example.com"'
    return ':"some words"' if kind == "string" else ':"value"'


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


@dataclass(frozen=True)
class Asked:
    """What a Search activity asks for.

    `template` is the query as it is written. `native` is a query for Stripe's own search, as
    it is. `faults` keep it from being asked, `warnings` don't.
    """

    template: Template
    fields: Fields
    native: bool
    expanded: frozenset[str] = frozenset()

    @property
    def driven(self) -> bool:
        """Whether each record of another source gives some of its values."""
        return self.template.driven

    def query(self, values: Mapping[str, JSON] | None = None) -> Query:
        """The query, with the `values` of one record; without them their names stand in the
        clauses, which are open. Raises QueryError."""
        known = {**self.template.values, **(values or {})}
        query = parse(self.template.text, known, strict=self.native)
        return check(query, self.fields, native=self.native, expanded=self.expanded)

    @cached_property
    def faults(self) -> tuple[Problem, ...]:
        """The first fault of the query, if it has one."""
        if self.native and self.driven:
            return (_driven(self.template),)
        try:
            self.query()
        except QueryError as error:
            return (self.template.problem(error),)
        return ()

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """Fields that Stripe's search isn't known to have."""
        if not self.native or self.faults:
            return ()
        return tuple(
            self.template.problem(error)._replace(warning=True)
            for error in unknown_fields(self.query(), self.fields)
        )


def ask(catalogue: Catalogue, api_call: ApiCall, settings: ActivitySettings) -> Asked | None:
    """The query of a Search activity on `api_call`; None where it has none."""
    if settings.query is None:
        return None
    return Asked(
        template_of(settings.query, "query"),
        fields_of(catalogue, api_call),
        api_call.shape == "search",
        frozenset(path.removeprefix("data.") for path in settings.expand),
    )


def _driven(template: Template) -> Problem:
    return Problem(
        "search_can_not_be_driven",
        "A query with values of records is answered by several calls, and not by one search of "
        "Stripe's own.",
        "Leave the action out.",
        path=template.path,
        value=template.text,
    )
