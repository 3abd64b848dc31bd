"""The query of an activity: read, its values put in, and checked by the fields of its object."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from connector_sdk import JSON, Problem

from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation
from stripe_connector.query import (
    Fields,
    Query,
    QueryError,
    check,
    clauses,
    fields_of,
    parse,
    unknown_fields,
)


@dataclass(frozen=True)
class Asked:
    """What a Search activity asks for.

    `text` is the query as it is written, `values` what stands for its `${…}`. `native` is a
    query for Stripe's own search, as it is. `faults` keep it from being asked, `warnings`
    don't.
    """

    text: str
    values: Mapping[str, JSON]
    fields: Fields
    native: bool
    expanded: frozenset[str] = frozenset()

    @cached_property
    def driven(self) -> bool:
        """Whether each record of another source gives some of its values."""
        return any(clause.open for clause in clauses(self.query()))

    def query(self, values: Mapping[str, JSON] | None = None) -> Query:
        """The query, with further `values` of one record. Raises QueryError."""
        query = parse(self.text, {**self.values, **(values or {})}, strict=self.native)
        return check(query, self.fields, native=self.native, expanded=self.expanded)

    @cached_property
    def faults(self) -> tuple[Problem, ...]:
        """The first fault of the query, if it has one."""
        try:
            self.query()
        except QueryError as error:
            return (self.problem(error),)
        return ()

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """Fields that Stripe's search isn't known to have."""
        if not self.native or self.faults:
            return ()
        return tuple(
            self.problem(error)._replace(warning=True)
            for error in unknown_fields(self.query(), self.fields)
        )

    def problem(self, error: QueryError) -> Problem:
        """A fault of the query with its place in the text."""
        return Problem(
            error.code,
            f"{error}.",
            error.fix or "Correct the query.",
            path="query",
            value=self.text,
            span=error.span,
        )


def ask(catalogue: Catalogue, operation: Operation, settings: Mapping[str, JSON]) -> Asked:
    """The query of a Search activity on `operation`; `settings` fit its form."""
    given = settings["query"]
    values: dict[str, JSON] = {}
    if isinstance(given, dict):
        values = cast("dict[str, JSON]", given.get("values") or {})
        given = given.get("text", "")
    paths = cast("list[str]", settings.get("expand") or [])
    return Asked(
        str(given),
        values,
        fields_of(catalogue, operation),
        operation.shape == "search",
        frozenset(path.removeprefix("data.") for path in paths),
    )
