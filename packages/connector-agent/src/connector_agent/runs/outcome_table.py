"""Outcomes as rows of a CSV file that can be corrected and read again, or as JSON. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from connector_sdk import Problem, shown

from connector_agent.connectors.files.cells import looks_marked, marked, unmarked
from connector_agent.runs.guards import long_number, with_long_as_text

if TYPE_CHECKING:
    from connector_agent.runs.outcomes import OutcomeRow

RECORD = "_record"
"""The column with the run and the number of the record in it, by which a retry finds it."""
ADDED = (
    "_outcome", "_id", "_request_id", "_problem", "_remedy", "_field", "_line", "_at", RECORD,
)  # fmt: skip
"""The columns behind those of the record; a retry leaves out what starts with "_"."""
MORE = "_more"
"""The column, before those, that holds as JSON what the record's own columns don't: other
fields, and objects and lists, which a retry shall find as they were."""
MARKED = "_marked"
"""The last column, of tables whose cells are marked where a spreadsheet would run them: it names
the record's columns in which one is."""
PARTS = (["cells"], ["text"])
"""What the records of rows are made of that could not be read."""


def columns_of(rows: Iterable["OutcomeRow"]) -> tuple[str, ...]:
    """The columns of the first record that could be read."""
    for row in rows:
        record = parsed(row.record)
        if isinstance(record, dict) and record and list(record) not in PARTS:
            return own_columns(record)
    return ()


def own_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The names that can be columns: one that starts with "_" would pass for ours."""
    return tuple(name for name in names if not name.startswith("_"))


def csv_header(columns: Sequence[str], *, mark: bool) -> str:
    """The first line; with `mark` that of a table of marked cells."""
    return _line(
        [*map(marked, columns), MORE, *ADDED, MARKED] if mark else [*columns, MORE, *ADDED]
    )


def csv_row(row: "OutcomeRow", columns: Sequence[str], run: str, *, mark: bool) -> str:
    """One record: its own columns as read, then its outcome. The cells of an unreadable row fill
    the columns as far as possible."""
    record = parsed(row.record)
    if not isinstance(record, dict):
        record = {"value": record}
    if list(record) == ["cells"] and isinstance(record["cells"], list):
        cells = record["cells"]
        rest = cells[len(columns) :]
        record = dict(zip(columns, cells, strict=False)) | ({"cells": rest} if rest else {})
    more = {
        name: value
        for name, value in record.items()
        if name not in columns or isinstance(value, dict | list)
    }
    problem = row.problem or Problem("", "")
    cells = [
        *("" if name in more else cell_text(record.get(name)) for name in columns),
        cell_text(more) if more else "",
        row.kind,
        row.object,
        row.request_id or problem.request_id,
        problem.message,
        problem.remedy,
        problem.path,
        problem.line,
        row.at,
        f"{run}/{row.seq}",
    ]
    if not mark:
        return _line(cells)
    safe = [*map(marked, cells)]
    changed = [name for name, old, new in zip(columns, cells, safe, strict=False) if new != old]
    return _line([*safe, marked(", ".join(changed))])


def without_marks(row: dict[str, Any]) -> dict[str, Any] | Problem:
    """A row as it was before its cells were marked. A Problem where an apostrophe may or may not
    be a mark."""
    if MARKED in row:
        return {
            unmarked(name): unmarked(cell) if isinstance(cell, str) else cell
            for name, cell in row.items()
        }
    if ADDED[0] not in row:
        for name, cell in row.items():
            if looks_marked(name) or (isinstance(cell, str) and looks_marked(cell)):
                return _unclear_mark(name, cell)
    return row


def _unclear_mark(name: str, cell: Any) -> Problem:
    return Problem(
        "mark_unclear",
        f"{name} begins with an apostrophe, and nothing says whether that is the mark of a "
        "formula or a part of the value.",
        f"Keep the column {MARKED} of the outcomes, if it is a mark; else put in an empty column "
        f"{ADDED[0]}.",
        path=name,
        value=shown(cell),
    )


def place_of(text: object) -> tuple[str, int] | None:
    """The run and number in a cell of the column `_record`; None without any."""
    run, _, number = text.rpartition("/") if isinstance(text, str) else ("", "", "")
    return (run, int(number)) if run and re.fullmatch("[0-9]{1,18}", number) else None


def outcome_json(row: "OutcomeRow") -> dict[str, Any]:
    """One outcome for machines, with its record and request."""
    problem = row.problem
    return {
        "seq": row.seq,
        "at": row.at,
        "identity": row.identity,
        "outcome": row.kind,
        "id": row.object,
        "request_id": row.request_id,
        "replayed": row.replayed,
        "key": row.key,
        "problem": problem_json(problem) if problem is not None else None,
        "record": parsed(row.record),
        "request": parsed(row.body) if row.body is not None else None,
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem for machines, without empty parts."""
    return {name: value for name, value in problem._asdict().items() if value}


def parsed(data: bytes) -> Any:
    """A record as it is listed."""
    try:
        # As text, since a retry of what is printed here would find it rounded.
        return with_long_as_text(data) if long_number(data) else orjson.loads(data)
    except orjson.JSONDecodeError:
        return data.decode("utf-8", "replace")


def cell_text(value: Any) -> str:
    """A value as a cell; a retry reads a cell with this text as this value."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
