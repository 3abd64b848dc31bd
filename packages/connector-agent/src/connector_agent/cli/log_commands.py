"""connector runs, connector log: what happened."""

from contextlib import closing
from typing import Annotated

import orjson
import typer
from connector_sdk import ConnectorError
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
)
from connector_agent.cli.project_folder import project_folder
from connector_agent.cli.project_option import (
    JsonOption,
    ProjectOption,
    open_runner,
)
from connector_agent.project import STATE
from connector_agent.runs.lock import is_held
from connector_agent.runs.outcomes import problem_json
from connector_agent.runs.retry import in_snapshot
from connector_agent.runs.run import Run, find_run, list_runs, read_log

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
    """Tell the story of one run.

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
    """A run that nobody executes although it says so was killed."""
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
