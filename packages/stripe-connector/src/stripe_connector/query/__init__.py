"""Stripe's search language: read it, check it, decide by it. Pure."""

from stripe_connector.query.clause import Clause, Query, QueryError
from stripe_connector.query.fields import check
from stripe_connector.query.matching import matches
from stripe_connector.query.parser import parse

__all__ = ["Clause", "Query", "QueryError", "check", "matches", "parse"]
