"""`connector runs`, `connector log` and `connector outcomes`."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Annotated, Literal

import orjson
import typer
from connector_sdk import KINDS, ConnectorError, Kind
from rich.text import Text

from connector_agent.cli import completion
from connector_agent.cli.output import (
    fail,
    mode_text,
    moment,
    on_line,
    out,
    print_json,
    span,
    table,
    write_text,
)
from connector_agent.cli.project_folder import project_folder
from connector_agent.cli.project_option import JsonOption, ProjectOption, open_runner
from connector_agent.project import STATE
from connector_agent.runs.lock import is_held
from connector_agent.runs.outcome_table import (
    columns_of,
    csv_header,
    csv_row,
    outcome_json,
    problem_json,
)
from connector_agent.runs.outcomes import OutcomeRow, read_outcomes
from connector_agent.runs.retry import in_snapshot
from connector_agent.runs.run import Run, find_run, list_runs, read_log
from connector_agent.runs.runner import Runner

RunArgument = Annotated[
    str,
    typer.Argument(help='Id of the run, how that ends, or "last".', autocompletion=completion.runs),
]


def runs_command(
    operation: Annotated[
        str,
        typer.Argument(help="Only runs of this operation.", autocompletion=completion.operations),
    ] = "",
    count: Annotated[
        int, typer.Option("--count", "-n", metavar="N", min=1, help="How many at most.")
    ] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, the newest first.

    Example: connector runs "import contacts"
    """
    try:
        with closing(open_runner(project)) as runner:
            found = runner.database.call_now(lambda rows: list_runs(rows, operation, count))
        locks = project_folder(project) / STATE / "locks"
        states = {run.id: _state(run, is_held(locks, run.operation)) for run in found}
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        for run in found:
            print_json(_run_json(run, states[run.id]))
        return
    if not found:
        out.print("No runs yet. Start one:  connector run OPERATION")
        return
    rows = table("run", "operation", "status", "started", "took", "read", "written", "problems", "")
    for run in found:
        counts = run.counts
        rows.add_row(
            run.id,
            run.operation + (f" (retry of {_retry_of(run)})" if _retry_of(run) else ""),
            states[run.id],
            moment(run.created),
            span(run.seconds),
            f"{counts.read:,}",
            f"{counts.written:,}",
            f"{counts.problems:,}",
            mode_text(run.mode),
        )
    out.print(rows)


def log_command(
    run: RunArgument, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """Show the log of one run.

    Example: connector log last
    """
    try:
        with closing(open_runner(project)) as runner:
            found = runner.database.call_now(lambda rows: find_run(rows, run))
            events = runner.database.call_now(lambda rows: read_log(rows, found.id))
    except ConnectorError as error:
        fail(error, as_json=as_json)
    for event in events:
        if as_json:
            print_json(
                {
                    "id": event.id,
                    "at": event.at,
                    "level": event.level,
                    "kind": event.kind,
                    "text": event.text,
                }
            )
        else:
            style = {"error": "red", "warning": "yellow"}.get(event.level, "")
            out.print(moment(event.at), Text(f"{event.kind:<15}", style=style), on_line(event.text))


def _state(run: Run, held: bool) -> str:
    """A run marked as running that no process holds was killed."""
    return "interrupted" if run.status == "running" and not held else run.status


def _retry_of(run: Run) -> str:
    retry = in_snapshot(orjson.loads(run.snapshot))
    return retry.of if retry is not None else ""


def _run_json(run: Run, state: str) -> dict[str, object]:
    return {
        "run": run.id,
        "operation": run.operation,
        "status": state,
        "scope": run.scope,
        "mode": run.mode,
        "retry_of": _retry_of(run),
        "created": run.created,
        "ended": run.ended,
        "seconds": round(run.seconds, 3),
        **run.counts.as_dict(),
        "pending": run.counts.pending,
        "problem": problem_json(run.problem) if run.problem is not None else None,
    }


Only = Literal["problems", "written", "skipped", "refused", "failed", "unknown"]
Format = Literal["table", "csv", "jsonl"]

SHOWN = 100
"""Rows of a table that people read at once; files get all."""


def outcomes_command(
    run: Annotated[
        str,
        typer.Argument(
            help='Id of the run, how that ends, or "last".', autocompletion=completion.runs
        ),
    ],
    only: Annotated[
        Only | None, typer.Option("--only", help="Only these outcomes.", metavar="KIND")
    ] = None,
    format: Annotated[
        Format, typer.Option("--format", "-f", help="A table for people; csv and jsonl hold all.")
    ] = "table",
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = None,
    mark_formulas: Annotated[
        bool,
        typer.Option(
            "--mark-formulas/--no-mark-formulas",
            help="In CSV, put an apostrophe before what a spreadsheet would run as a formula; a "
            "retry takes it away again.",
        ),
    ] = True,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the outcome of each record of a run.

    KIND is problems, written, skipped, refused, failed or unknown. In csv the record's columns come
    first, so that the file can be corrected and given to 'connector retry'. A run that writes a
    file keeps outcomes only of records it did not write.

    Example: connector outcomes last --only problems --format csv > problems.csv
    """
    try:
        runner = open_runner(project)
        try:
            found = runner.database.call_now(lambda connection: find_run(connection, run))
            rows = _rows(runner, found, _kinds(only))
            chosen = "jsonl" if as_json else format
            if chosen == "jsonl":
                for row in islice(rows, limit):
                    print_json(outcome_json(row))
            elif chosen == "csv":
                _print_csv(runner, found, _kinds(only), limit, mark_formulas)
            else:
                _print_table(found, rows, limit or SHOWN, only)
        finally:
            runner.close()
    except ConnectorError as error:
        fail(error, as_json=as_json)


def _rows(runner: Runner, run: Run, kinds: list[Kind]) -> Iterator[OutcomeRow]:
    after = 0
    while True:
        batch = runner.database.call_now(
            lambda connection, after=after: list(  # type: ignore[misc]
                read_outcomes(connection, run.id, kinds, after)
            )
        )
        if not batch:
            return
        after = batch[-1].seq
        yield from batch


def _print_csv(runner: Runner, run: Run, kinds: list[Kind], limit: int | None, mark: bool) -> None:
    columns = columns_of(islice(_rows(runner, run, kinds), SHOWN))
    write_text(csv_header(columns, mark=mark))
    for row in islice(_rows(runner, run, kinds), limit):
        write_text(csv_row(row, columns, run.id, mark=mark))


def _print_table(run: Run, rows: Iterator[OutcomeRow], limit: int, only: Only | None) -> None:
    shown = table("record", "outcome", "id", "problem")
    count = 0
    for row in islice(rows, limit):
        shown.add_row(*_cells(row))
        count += 1
    if count:
        out.print(shown)
        if next(rows, None) is not None:
            kinds = f" --only {only}" if only else ""
            out.print(
                f"These are the first {count:,}. All of them:  "
                f"connector outcomes {run.id}{kinds} --format csv > outcomes.csv"
            )
    elif run.counts.written and not run.counts.problems and only in (None, "problems"):
        out.print(
            "Everything was written. A run that writes a file keeps outcomes only of what it "
            "did not take."
        )
    else:
        out.print("No such outcomes.")


def _kinds(only: Only | None) -> list[Kind]:
    if only is None:
        return []
    if only == "problems":
        return ["refused", "failed", "unknown"]
    return [kind for kind in KINDS if kind == only]


def _cells(row: OutcomeRow) -> tuple[str | Text, ...]:
    style = {"written": "green", "skipped": "dim"}.get(row.kind, "red")
    cell = Text()
    problem = row.problem
    if problem is not None:
        cell.append(on_line(problem.message))
        if problem.line:
            cell.append(f" [{problem.line}]", style="dim")
        if problem.remedy:
            cell.append(f" {on_line(problem.remedy)}", style="dim")
        if problem.request_id:
            cell.append(f" {on_line(problem.request_id)}", style="dim")
    place = on_line(row.at or f"record {row.seq}")
    return (place, Text(row.kind, style=style), on_line(row.object), cell)
