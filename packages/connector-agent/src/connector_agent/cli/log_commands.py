"""connector runs, connector log, connector outcomes: what happened."""

import json
from typing import Annotated, Literal

import orjson
import typer
from connector_sdk import KINDS, ConnectorError, Kind
from rich.text import Text

from connector_agent.cli.output import (
    fail,
    mode_text,
    moment,
    out,
    print_json,
    problem_json,
    span,
    table,
)
from connector_agent.cli.project_option import (
    JsonOption,
    ProjectOption,
    open_runner,
    project_folder,
)
from connector_agent.runs.lock import is_held
from connector_agent.runs.log import read_log
from connector_agent.runs.outcomes import OutcomeRow, read_outcomes
from connector_agent.runs.run import Run, find_run, list_runs
from connector_agent.runs.runner import STATE

RunArgument = Annotated[str, typer.Argument(help='Id of the run, its end, or "last".')]
Only = Literal["problems", "written", "skipped", "refused", "failed", "unknown"]


def runs_command(
    operation: Annotated[str, typer.Argument(help="Only runs of this operation.")] = "",
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many at most.")] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, the newest first.

    Example: connector runs "import customers"
    """
    try:
        runner = open_runner(project)
        found = runner.database.call_now(lambda connection: list_runs(connection, operation, count))
        runner.close()
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
            run.operation,
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
    """Tell the story of one run.

    Example: connector log last
    """
    try:
        runner = open_runner(project)
        found = runner.database.call_now(lambda connection: find_run(connection, run))
        events = runner.database.call_now(lambda connection: read_log(connection, found.id))
        runner.close()
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
            out.print(moment(event.at), Text(f"{event.kind:<15}", style=style), event.text)


def outcomes_command(
    run: RunArgument,
    only: Annotated[
        Only | None, typer.Option("--only", help="Only these outcomes.", metavar="KIND")
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what became of each record of a run.

    KIND is problems, written, skipped, refused, failed or unknown. A run that writes a file
    keeps outcomes only of what it did not write.

    Example: connector outcomes last --only problems
    """
    try:
        runner = open_runner(project)
        found = runner.database.call_now(lambda connection: find_run(connection, run))
        kinds = _kinds(only)
        after = 0
        rows = table("record", "outcome", "id", "problem")
        count = 0
        while True:
            batch = runner.database.call_now(
                lambda connection, after=after: list(  # type: ignore[misc]
                    read_outcomes(connection, found.id, kinds, after)
                )
            )
            if not batch:
                break
            after = batch[-1].seq
            count += len(batch)
            for row in batch:
                if as_json:
                    print_json(_outcome_json(row))
                else:
                    rows.add_row(*_outcome_cells(row))
        runner.close()
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        return
    if count:
        out.print(rows)
    else:
        out.print("No such outcomes.")


def _kinds(only: Only | None) -> list[Kind]:
    if only is None:
        return []
    if only == "problems":
        return ["refused", "failed", "unknown"]
    return [kind for kind in KINDS if kind == only]


def _state(run: Run, held: bool) -> str:
    """A run that nobody executes although it says so was killed."""
    return "interrupted" if run.status == "running" and not held else run.status


def _run_json(run: Run, state: str) -> dict[str, object]:
    return {
        "run": run.id,
        "operation": run.operation,
        "status": state,
        "scope": run.scope,
        "mode": run.mode,
        "created": run.created,
        "ended": run.ended,
        "seconds": round(run.seconds, 3),
        **run.counts.as_dict(),
        "pending": run.counts.pending,
        "problem": problem_json(run.problem) if run.problem is not None else None,
    }


def _outcome_cells(row: OutcomeRow) -> tuple[str | Text, ...]:
    style = {"written": "green", "skipped": "dim"}.get(row.kind, "red")
    cell = Text()
    problem = row.problem
    if problem is not None:
        cell.append(problem.message)
        if problem.line:
            cell.append(f" [{problem.line}]", style="dim")
        if problem.remedy:
            cell.append(f" {problem.remedy}", style="dim")
        if problem.request_id:
            cell.append(f" {problem.request_id}", style="dim")
    return (row.at or f"record {row.seq}", Text(row.kind, style=style), row.object, cell)


def _outcome_json(row: OutcomeRow) -> dict[str, object]:
    return {
        "seq": row.seq,
        "at": row.at,
        "identity": row.identity,
        "outcome": row.kind,
        "id": row.object,
        "request_id": row.request_id,
        "replayed": row.replayed,
        "key": row.key,
        "problem": problem_json(row.problem) if row.problem is not None else None,
        "record": _json_or_text(row.record),
        "request": _json_or_text(row.body) if row.body is not None else None,
    }


def _json_or_text(data: bytes) -> object:
    try:
        value: object = orjson.loads(data)
    except json.JSONDecodeError:
        return data.decode("utf-8", "replace")
    return value
