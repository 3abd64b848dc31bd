"""connector forget: what the ledger keeps of people."""

from typing import Annotated

import typer
from connector_sdk import ConnectorError

from connector_agent.cli.output import COULD_NOT_RUN, fail, out, print_json
from connector_agent.cli.project_option import JsonOption, ProjectOption, open_runner
from connector_agent.runs.keeper import forget, wipe


def forget_command(
    identity: Annotated[
        str, typer.Option("--identity", help="The identity of the records, as the source has it.")
    ],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase one person's data from the ledger and its logs.

    Erases the records, requests and problems with this identity from every run, and says
    which objects remain in the other system. After that nothing is known of the person here:
    importing the same record again writes it anew.

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
                "Delete it there if it has to go, too."
            )
        out.print("  Source files, and files that runs wrote, are yours to clean.")
    if not (done.records or done.outcomes or done.remaining):
        raise typer.Exit(COULD_NOT_RUN)
