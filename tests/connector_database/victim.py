"""`connector`, with a moment in it at which the process dies as by kill -9.

Arguments: at which commit of the target, whether "before" or "after" it, and then the arguments
of the command line. With 0 it lives, and says at the end how much memory it took at most.
"""

import os
import resource
import signal
import sys

from connector_agent.cli.app import app
from connector_agent.runs.execution import Pulse
from connector_database.target import RowTarget
from sqlalchemy.engine import Connection


def main() -> None:
    last, when = int(sys.argv[1]), sys.argv[2]
    seen = 0
    commit = RowTarget._commit

    def counted(self: RowTarget, connection: Connection, run: str, mark: bytes) -> None:
        nonlocal seen
        seen += 1
        if seen == last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self, connection, run, mark)
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

    if last:
        Pulse.RECORDS = 50  # so that several deaths fit into the records
        Pulse.LEAST = 0.0
        RowTarget._commit = counted  # type: ignore[method-assign]
    try:
        app(sys.argv[3:])
    finally:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f'{{"peak": {peak}}}', flush=True)  # kilobytes


if __name__ == "__main__":
    main()
