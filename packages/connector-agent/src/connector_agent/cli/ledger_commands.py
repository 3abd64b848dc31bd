"""`connector ledger` and `connector forget`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from connector_sdk import ConnectorError, Problem, SettingError

from connector_agent.cli import completion
from connector_agent.cli.commands import HELP, Commands, LazyGroup, made
from connector_agent.cli.output import (
    COULD_NOT_RUN,
    WITH_PROBLEMS,
    err,
    fail,
    out,
    print_json,
    problem_text,
)
from connector_agent.cli.project_option import (
    EnvironmentOption,
    JsonOption,
    ProjectOption,
    open_runner,
)
from connector_agent.runs.keeper import Keeper, forget, wipe
from connector_agent.runs.outcome_table import problem_json
from connector_agent.runs.rebuild import Match, Rebuilt
from connector_agent.store.vault import new_key

T = TypeVar("T")

SHOWN = 20
"""Records of a kind that are listed on a terminal."""


def verify_command(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Check that the ledger is intact.

    Reads all of it and compares it with the mark beside it: whether it is the newest, whether each
    row has its run, and whether the counts of each ended run match its records. Exit status: 0
    intact, 1 not.

    Example: connector ledger verify
    """
    found = _kept(project, "", as_json, lambda keeper: keeper.verify())
    if as_json:
        print_json(
            {
                "runs": found.runs,
                "identities": found.identities,
                "generation": found.generation,
                "faults": [problem_json(each) for each in found.faults],
            }
        )
    else:
        for fault in found.faults:
            out.print(problem_text(fault))
        if not found.faults:
            out.print(
                f"The ledger is intact: {found.runs:,} runs, {found.identities:,} identities, "
                f"generation {found.generation:,}."
            )
    if any(not each.warning for each in found.faults):
        raise typer.Exit(COULD_NOT_RUN)


def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the ledger to a file, also while operations run.

    Example: connector ledger backup ledger-2027-01-31.db
    """
    _kept(project, "", as_json, lambda keeper: keeper.backup(file.absolute()))
    if as_json:
        print_json({"file": str(file.absolute())})
    else:
        out.print(f"Copied the ledger to {file}.")


def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What a backup made.")],
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="Don't ask.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace the ledger by a backup.

    The replaced ledger is kept beside it. If the backup is older than the mark says, it reports by
    how much, and runs ask before they begin.

    Example: connector ledger restore ledger-2027-01-31.db
    """
    if not yes:
        _confirm(as_json)
    done = _kept(project, "", as_json, lambda keeper: keeper.restore(file.absolute()))
    if as_json:
        print_json(
            {
                "aside": str(done.aside) if done.aside is not None else None,
                "problem": problem_json(done.lost) if done.lost is not None else None,
            }
        )
        return
    out.print(f"Replaced the ledger by {file}.")
    if done.aside is not None:
        out.print(f"  The one before is kept as {done.aside}.")
    if done.lost is not None:
        out.print(problem_text(done.lost._replace(warning=True)))


def rebuild_command(
    operation: Annotated[
        str, typer.Argument(help="Name of the operation.", autocompletion=completion.operations)
    ],
    first_name: Annotated[
        str,
        typer.Option("--first-name", metavar="NAME", help="Its name before it was renamed."),
    ] = "",
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Find out at its target what an operation wrote, where the ledger no longer knows.

    Reads the source again, computes the key of each record, and looks for objects that carry one.
    Objects found are recorded, so that a run skips them; nothing is sent. Lists what was not found,
    and objects with keys of no record: those of single runs (repeat: create), of other operations,
    or of records that the source no longer has. Exit status: 0 each record was found, 3 not all.

    Example: connector ledger rebuild "import contacts"
    """
    done = _kept(
        project, environment, as_json, lambda keeper: keeper.rebuild(operation, first_name)
    )
    if as_json:
        for match in done.matches:
            print_json({"event": "match", **match._asdict()})
        print_json({"event": "end", "scope": done.scope, "settled": done.settled, **_counts(done)})
    else:
        _tell(operation, done)
    if any(match.fate not in ("found", "known", "other") for match in done.matches):
        raise typer.Exit(WITH_PROBLEMS)


def key_command() -> None:
    """Make a key that encrypts what the ledger keeps of records.

    Prints it. Set it as CONNECTOR_LEDGER_KEY wherever the project is run, and keep a copy: what
    was sealed can't be read without it. To replace a key, put the new one in front of the old
    one, with a comma between.

    Example: export CONNECTOR_LEDGER_KEY=$(connector ledger key)
    """
    typer.echo(new_key())


COMMANDS: dict[str, Callable[..., None]] = {
    "verify": verify_command,
    "backup": backup_command,
    "restore": restore_command,
    "rebuild": rebuild_command,
    "key": key_command,
}


class _Ledger(LazyGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.offer(Commands(COMMANDS, lambda name: made(name, COMMANDS[name])))


ledger = typer.Typer(
    name="ledger",
    cls=_Ledger,
    help="Verify, back up, restore and rebuild the record of what was written.",
    no_args_is_help=True,
    add_completion=False,
    context_settings=HELP,
)


@ledger.callback()
def _nothing() -> None:
    pass


def _kept(
    project: Path | None, environment: str, as_json: bool, work: Callable[[Keeper], Awaitable[T]]
) -> T:
    try:
        runner = open_runner(project, environment)
        try:
            return asyncio.run(_awaited(work(runner.ledger)))
        finally:
            runner.close()
    except ConnectorError as error:
        fail(error, as_json=as_json)


def _confirm(as_json: bool) -> None:
    what = "The ledger will be replaced; the one that is there is kept beside it."
    if not sys.stdin.isatty():
        problem = Problem(
            "not_confirmed", what, "There is no terminal to ask on; add --yes to replace it."
        )
        fail(SettingError(problem), as_json=as_json)
    err.print(what)
    if not typer.confirm("Continue?", default=False, err=True):
        raise typer.Exit(COULD_NOT_RUN)


async def _awaited(work: Awaitable[T]) -> T:
    return await work


_TOLD = {
    "found": "written before, and noted now",
    "known": "written before, as the ledger knew",
    "declined": "created, but declined afterwards; the next run tries again",
    "doubled": "written more than once; look at them and delete the surplus",
    "missing": "not there; the next run writes them",
    "unclear": "can't be determined: no object there would carry their key",
    "other": "objects with a key of no record: of single runs, of other operations, or of records "
    "that the source no longer has",
}


def _counts(done: Rebuilt) -> dict[str, int]:
    return {fate: sum(match.fate == fate for match in done.matches) for fate in _TOLD}


def _tell(operation: str, done: Rebuilt) -> None:
    out.print(f"{operation} on {done.scope}; nothing was sent.")
    for fate, count in _counts(done).items():
        if count:
            out.print(f"  {count:>7,} {_TOLD[fate]}")
            if fate not in ("found", "known"):
                _list([match for match in done.matches if match.fate == fate])
    if not done.settled:
        err.print("The next run still asks first: some records could not be determined.")


def _list(matches: list[Match]) -> None:
    for match in matches[:SHOWN]:
        parts = (match.identity, match.at, match.object, match.why or match.key)
        out.print("          " + ", ".join(part for part in parts if part))
    if len(matches) > SHOWN:
        out.print(f"          and {len(matches) - SHOWN:,} more: --json lists all")


def forget_command(
    identity: Annotated[
        str, typer.Option("--identity", help="The identity of the records, as the source has it.")
    ],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase one person's data from the ledger and its logs.

    Erases the records, requests and problems with this identity from every run, and says
    which objects remain in the other system. Afterwards nothing about the person is left here:
    importing the same record again writes it once more.

    Example: connector forget --identity C-10118
    """
    try:
        runner = open_runner(project)
        try:
            done = runner.database.call_now(lambda connection: forget(connection, identity))
            if done.records or done.outcomes or done.remaining:
                runner.database.call_outside(wipe)
        finally:
            runner.close()
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(
            {
                "records": done.records,
                "outcomes": done.outcomes,
                "remaining": [
                    {"operation": one.operation, "scope": one.scope, "id": one.object}
                    for one in done.remaining
                ],
            }
        )
    elif not (done.records or done.outcomes or done.remaining):
        out.print("The ledger knows no record with this identity. Nothing was erased.")
    else:
        records = "record and request" if done.records == 1 else "records and requests"
        outcomes = "outcome" if done.outcomes == 1 else "outcomes"
        out.print(f"Erased: {done.records} {records}, {done.outcomes} {outcomes}.")
        for one in done.remaining:
            out.print(
                f"  Still there: {one.object} in {one.scope}, written by {one.operation!r}. "
                "Delete it there if it must go too."
            )
        out.print("  Source files and files written by runs are not changed; clean them yourself.")
    if not (done.records or done.outcomes or done.remaining):
        raise typer.Exit(COULD_NOT_RUN)
