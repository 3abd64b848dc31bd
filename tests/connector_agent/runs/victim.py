"""`connector`, with a moment in it at which the process dies as by kill -9.

Arguments: at which transaction of the target, whether "before" or "after" it commits, and then
the arguments of the command line. With 0 it lives.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from connector_agent.cli.app import app
from connector_agent.runs.execution import Pulse
from connector_sdk.memory import Store


def main() -> None:
    last, when = int(sys.argv[1]), sys.argv[2]
    seen = 0
    do = Store._do

    def counted(self: Store, work: Callable[[Any], Any]) -> Any:
        nonlocal seen
        if not self.file.endswith("target.db"):
            return do(self, work)
        seen += 1
        if seen == last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = do(self, work)
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    Pulse.RECORDS = 50  # so that several deaths fit into the records
    Pulse.LEAST = 0.0
    Store._do = counted  # type: ignore[method-assign]
    app(sys.argv[3:])


if __name__ == "__main__":
    main()
