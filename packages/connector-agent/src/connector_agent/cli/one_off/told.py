"""Outcomes on the standard output, one for each record that was written."""

from typing import Any

import orjson
from connector_sdk import Schemas
from connector_sdk.schema import ANY_OBJECT
from connector_sdk.writing import Written
from rich.text import Text

from connector_agent.cli.one_off.rows import rows_for
from connector_agent.cli.output import on_line, out, print_json
from connector_agent.runs.outcomes import problem_json

_COLUMNS = (
    "at",
    "outcome",
    "id",
    "request_id",
    "replayed",
    "key",
    "problem.message",
    "problem.remedy",
    "problem.path",
)
_STYLES = {"written": "green", "skipped": "dim"}


class Printer:
    """Prints outcomes in one format; `end` comes after the last."""

    def __init__(self, format: str, *, mark: bool) -> None:
        self._table = format == "table"
        self._lines = format == "jsonl"
        fields = _COLUMNS if format == "csv" else ()
        self._rows = rows_for(format, fields, Schemas(ANY_OBJECT, ANY_OBJECT), mark=mark)

    def add(self, told: Written) -> None:
        """One outcome, at once."""
        if self._table:
            out.print(_line(told))
        elif self._lines:
            print_json(_json(told))
        else:
            self._rows.add(orjson.dumps(_json(told)))

    def end(self) -> None:
        """Prints what waits."""
        if not self._table:
            self._rows.end()


def _line(told: Written) -> Text:
    outcome, problem = told.outcome, told.outcome.problem
    text = Text.assemble((f"{outcome.kind:<8}", _STYLES.get(outcome.kind, "red")))
    named = outcome.id or told.record.at or f"record {told.record.seq}"
    text.append(f"  {on_line(named)}")
    if outcome.replayed:
        text.append("  (recognised as done before)", style="dim")
    if problem is not None:
        text.append(f"  {on_line(problem.message)}")
        if problem.path and problem.path not in problem.message:
            text.append(f" (field {on_line(problem.path)})", style="dim")
        text.append(f" {on_line(problem.remedy)}" if problem.remedy else "", style="dim")
        text.append(f" {on_line(problem.request_id)}" if problem.request_id else "", style="dim")
    return text


def _json(told: Written) -> dict[str, Any]:
    outcome, problem = told.outcome, told.outcome.problem
    return {
        "seq": outcome.seq,
        "at": told.record.at,
        "outcome": outcome.kind,
        "id": outcome.id,
        "request_id": outcome.request_id or (problem.request_id if problem else ""),
        "replayed": outcome.replayed,
        "key": told.key,
        "problem": problem_json(problem) if problem is not None else None,
        "response": orjson.loads(outcome.response) if outcome.response else None,
    }
