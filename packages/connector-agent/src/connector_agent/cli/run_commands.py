"""The commands that execute: `run`, `resume`, `retry`, and `abandon`."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from connector_sdk import ConnectorError

from connector_agent.cli import completion
from connector_agent.cli.output import (
    COULD_NOT_RUN,
    INTERRUPTED,
    WITH_PROBLEMS,
    by_option,
    confirm,
    err,
    fail,
    has_terminal,
    out,
    print_json,
    problem_text,
    span,
)
from connector_agent.cli.progress import LIVE_SECONDS, Display
from connector_agent.cli.project_option import (
    EnvironmentOption,
    JsonOption,
    ProjectOption,
    YesOption,
    open_runner,
)
from connector_agent.cli.signals import on_signal
from connector_agent.operations.guard import Question
from connector_agent.runs.consent import Consent
from connector_agent.runs.outcome_table import problem_json
from connector_agent.runs.run import Run, Watch, count_warnings
from connector_agent.runs.runner import Runner

ENDED_AT_ONCE = "Ended at once. Nothing is lost: continue with 'connector resume last'."


def run_command(
    operation: Annotated[
        str, typer.Argument(help="Name of the operation.", autocompletion=completion.operations)
    ],
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="End after so many source records."),
    ] = None,
    new: Annotated[
        bool,
        typer.Option(
            "--new", metavar="", help="Begin even if earlier writes would not be recognised."
        ),
    ] = False,
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run an operation here and now, until it ends.

    An interrupted run of it is continued first. If the operation seems to be renamed, its identity
    has changed, or the ledger lost something, nothing begins without --new: it would write again
    what was written before. On a live account it asks before it moves money or does what can't be
    undone, unless the activity allows it (irreversible: allow). Exit status: 0 all written, 1 could
    not run or was stopped, 2 usage, 3 finished with problems, 130 interrupted.

    Example: connector run "import contacts" --limit 10
    """
    _execute(
        project,
        as_json,
        lambda runner, watch, consent: runner.run(
            operation, limit, watch, new=new, consent=consent
        ),
        limit,
        environment,
        yes=yes,
    )


def resume_command(
    run: Annotated[
        str,
        typer.Argument(
            help='Id of the run, how that ends, or "last".', autocompletion=completion.runs
        ),
    ],
    project: ProjectOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Continue an interrupted or stopped run as it was stored, in its own environment.

    For a run that has already ended it does nothing, with exit status 0.

    Example: connector resume last
    """
    _execute(
        project,
        as_json,
        lambda runner, watch, consent: runner.resume(run, watch, consent),
        None,
        yes=yes,
    )


def abandon_command(
    run: Annotated[
        str,
        typer.Argument(
            help='Id of the run, how that ends, or "last".', autocompletion=completion.runs
        ),
    ],
    reason: Annotated[
        str, typer.Option("--because", metavar="TEXT", help="The reason, kept with the run.")
    ] = "",
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a run that can't continue: its account, source or sandbox is gone.

    Makes no call. Records that were never sent become failed, and those that may have been sent
    unknown; a new run of the operation looks those up before it sends them.

    Example: connector abandon last --because "the test account is deleted"
    """
    try:
        runner = open_runner(project)
        try:
            ended = asyncio.run(runner.abandon(run, reason))
            warnings = runner.database.call_now(lambda rows: count_warnings(rows, ended.id))
        finally:
            runner.close()
    except ConnectorError as error:
        fail(error, as_json=as_json)
    _show_end(ended, Display(as_json=as_json), None, warnings, as_json=as_json)


def retry_command(
    run: Annotated[
        str,
        typer.Argument(
            help='Id of the run, how that ends, or "last".', autocompletion=completion.runs
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="The corrected records: CSV or JSON Lines."),
    ] = None,
    unknown: Annotated[
        bool,
        typer.Option("--unknown", metavar="", help="Also the records whose outcome is unknown."),
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="End after so many records.")
    ] = None,
    project: ProjectOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run the refused or failed records of a run again, corrected or as they were.

    Starts a new run of the operation, as the project is now. Refused records are sent with a new
    key, failed ones with the same key. FILE has the form of 'connector outcomes --format csv';
    columns that start with "_" are left out. Records written since are skipped as always.

    Example: connector retry last --from problems.csv
    """
    path = str(file.absolute()) if file is not None else ""
    _execute(
        project,
        as_json,
        lambda runner, watch, consent: runner.retry(run, path, unknown, limit, watch, consent),
        limit,
        yes=yes,
    )


def _execute(
    project: ProjectOption,
    as_json: bool,
    start: Callable[[Runner, Watch, Consent], Awaitable[Run]],
    limit: int | None,
    environment: str = "",
    *,
    yes: bool = False,
) -> None:
    display = Display(as_json=as_json)

    async def ask(question: Question) -> None:
        with display.paused():
            confirm(question)

    consent = Consent(yes, ask if has_terminal() else None)
    try:
        runner = open_runner(project, environment)
        try:
            with display.frame():
                run = asyncio.run(_watched(start(runner, display.begin, consent), display))
            warnings = runner.database.call_now(lambda rows: count_warnings(rows, run.id))
        finally:
            runner.close()
    except ConnectorError as error:
        fail(by_option(error), as_json=as_json)
    except KeyboardInterrupt:
        err.print(ENDED_AT_ONCE)
        raise typer.Exit(INTERRUPTED) from None
    _show_end(run, display, limit, warnings, as_json=as_json)
    if display.progress is None and run.status == "finished":
        return  # resumed, and had ended before
    if run.status == "finished":
        raise typer.Exit(WITH_PROBLEMS if run.counts.problems else 0)
    raise typer.Exit(INTERRUPTED if run.status == "interrupted" else COULD_NOT_RUN)


def _show_end(
    run: Run, display: Display, limit: int | None, warnings: int, *, as_json: bool
) -> None:
    if as_json:
        _print_end_json(run, display, warnings)
    else:
        _print_end(run, display, limit, warnings)


async def _watched(running: Awaitable[Run], display: Display) -> Run:
    task = asyncio.ensure_future(running)

    def stop() -> None:
        progress = display.progress
        if progress is None:
            task.cancel()
            return
        err.print("Stopping after the calls already sent. Press Ctrl-C again to end at once.")
        progress.stop()

    with on_signal(stop, ENDED_AT_ONCE):
        while not task.done():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(task), LIVE_SECONDS)
            display.show()
    return task.result()


def _print_end(run: Run, display: Display, limit: int | None, warnings: int) -> None:
    counts = run.counts
    how = run.status.capitalize()
    if display.progress is None and run.status == "finished":
        how = "Already finished; nothing left to do"
    rate = f", {display.rate(run):,.0f} records/s" if display.progress is not None else ""
    out.print(f"{how}: {run.operation}, run {run.id}, {span(run.seconds)}{rate}")
    parts = [
        f"{getattr(counts, kind):,} {kind}"
        for kind in ("written", "skipped", "refused", "failed", "unknown")
        if getattr(counts, kind) or kind == "written"
    ]
    if counts.pending:
        parts.append(f"{counts.pending:,} pending")
    replayed = f" ({counts.replayed:,} recognised as done before)" if counts.replayed else ""
    filtered = f" {counts.filtered:,} passed over by the source." if counts.filtered else ""
    out.print(f"  {counts.read:,} read: {', '.join(parts)}{replayed}.{filtered}")
    if counts.skipped:
        were, them = ("was", "it") if counts.skipped == 1 else ("were", "them")
        out.print(f"  {counts.skipped:,} {were} done before; nothing was left to do for {them}.")
    if run.problem is not None:
        out.print(problem_text(run.problem))
    if warnings:
        told = f"{warnings} warning" + ("" if warnings == 1 else "s")
        out.print(f"  {told} in its log:  connector log {run.id}")
    if counts.problems:
        out.print(f"  Look at the problems:  connector outcomes {run.id} --only problems")
        if not run.unfinished:
            out.print(f"  Corrected? Send again: connector retry {run.id}")
    if run.unfinished:
        out.print(f"  Continue it:           connector resume {run.id}")
        if run.status == "stopped":
            out.print(f"  Can't be continued?    connector abandon {run.id}")
    elif display.progress is None:
        out.print(f"  Start a new one:       connector run {shlex.quote(run.operation)}")
    elif display.progress.resumed:
        again = f"connector run {shlex.quote(run.operation)}"
        if display.progress.environment:
            again += f" --env {shlex.quote(display.progress.environment)}"
        if limit is not None:
            again += f" --limit {limit}"
        out.print(f"  That was the unfinished run. Start a new one:  {again}")


def _print_end_json(run: Run, display: Display, warnings: int) -> None:
    print_json(
        {
            "event": "end",
            "run": run.id,
            "operation": run.operation,
            "status": run.status,
            "scope": run.scope,
            "mode": run.mode,
            "seconds": round(run.seconds, 3),
            "rate": round(display.rate(run), 1),
            **run.counts.as_dict(),
            "pending": run.counts.pending,
            "warnings": warnings,
            "problem": problem_json(run.problem) if run.problem is not None else None,
        }
    )
