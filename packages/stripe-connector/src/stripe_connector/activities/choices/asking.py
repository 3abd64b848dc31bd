"""The query of an activity: read, its values put in, and checked by the fields of its object."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from connector_sdk import JSON, Problem

from stripe_connector.activities.choices.settings import ActivitySettings
from stripe_connector.activities.choices.template import Template, template_of
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation
from stripe_connector.query import (
    Fields,
    Query,
    QueryError,
    check,
    fields_of,
    parse,
    unknown_fields,
)


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


def ask(catalogue: Catalogue, operation: Operation, settings: ActivitySettings) -> Asked | None:
    """The query of a Search activity on `operation`; None where it has none."""
    if settings.query is None:
        return None
    return Asked(
        template_of(settings.query, "query"),
        fields_of(catalogue, operation),
        operation.shape == "search",
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
