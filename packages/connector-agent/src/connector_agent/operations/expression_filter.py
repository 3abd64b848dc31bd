"""`where:` as an expression: records for which it is true are taken."""

from collections.abc import Sequence

import orjson
from connector_sdk import JSON, Problem, Record, shown

from connector_agent.mapping import ABSENT
from connector_agent.mapping.expression import ExpressionFault, Expressions
from connector_agent.mapping.state import Value
from connector_agent.project.operation import OperationDocument

_KEYS = ("where",)


class ExpressionFilter:
    """Takes the records for which `where` is true; what is false, null or nothing is passed
    over. Anything else is a problem of the record, which then is taken with it, as one that
    can't be read is. Blocks while the worker evaluates; end that with `close`."""

    def __init__(self, document: OperationDocument, text: str) -> None:
        self._document = document
        self._expressions = Expressions([text])

    def faults(self) -> list[Problem]:
        """What is wrong with the text itself."""
        return [self._problem(fault) for fault in self._expressions.faults() if fault is not None]

    def __call__(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records that are taken, in their order."""
        taken = (self._taken(record) for record in records)
        return [record for record in taken if record is not None]

    def close(self) -> None:
        """Ends the worker. May be called twice."""
        self._expressions.close()

    def _taken(self, record: Record) -> Record | None:
        if record.problem is not None:
            return record
        try:
            value: JSON = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return record  # its fault is told where it always is
        (found,) = self._expressions.evaluate([0], value)
        if found is True:
            return record
        if found is False or found is None or found is ABSENT:
            return None
        return record._replace(problem=self._problem(found)._replace(at=record.at))

    def _problem(self, found: Value | ExpressionFault) -> Problem:
        if isinstance(found, ExpressionFault):
            span = (found.at - 1, found.at) if found.at else None
            return Problem(
                found.code,
                f"The expression of 'where' can't be evaluated: {found.message.rstrip('.')}.",
                "Correct the expression, or the record that it doesn't fit.",
                path="where",
                line=self._document.document.line(_KEYS, span),
            )
        return Problem(
            "where_not_boolean",
            f"'where' gives {shown(found)!r}, which is neither true nor false.",
            "Compare it with something, as in `status = 'open'`.",
            path="where",
            value=shown(found),
            line=self._document.position(_KEYS),
        )
