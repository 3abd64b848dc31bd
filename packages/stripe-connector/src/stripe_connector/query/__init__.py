"""Stripe's search language, and ours beyond it: read, check, match, plan. Pure."""

from stripe_connector.query.checking import check, unknown_fields
from stripe_connector.query.clause import Clause, Group, Query, QueryError, clauses, write
from stripe_connector.query.fields import Fields, fields_of
from stripe_connector.query.matching import Matcher, matcher
from stripe_connector.query.parser import parse

__all__ = [
    "Clause",
    "Fields",
    "Group",
    "Matcher",
    "Query",
    "QueryError",
    "check",
    "clauses",
    "fields_of",
    "matcher",
    "parse",
    "unknown_fields",
    "write",
]
