"""`connector run`, with a place in it at which the process dies as by kill -9.

Arguments: the place ("answered", "settled" or "none"), after how many outcomes, and then the
arguments of the command line.
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from connector_agent.cli.app import app
from connector_agent.runs.execution import Pulse
from connector_agent.runs.item import Item
from connector_agent.runs.ledger import Ledger


def main() -> None:
    place, number = sys.argv[1], int(sys.argv[2])
    seen = 0
    settle, checkpoint = Ledger.settle, Ledger.checkpoint

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def counted(self: Ledger, connection: Any, items: Sequence[Item]) -> None:
        nonlocal seen
        seen += len(items)
        if place == "answered" and seen >= number:
            die()  # answers have come, and none of this batch is in the ledger
        settle(self, connection, items)

    def checked(self: Ledger, *arguments: Any, **named: Any) -> None:
        if place == "settled" and seen >= number:
            die()  # outcomes are in the ledger, and the checkpoint doesn't know of them
        checkpoint(self, *arguments, **named)

    Pulse.RECORDS = 50  # so that twenty deaths fit into the records
    Pulse.LEAST = 0.0
    Ledger.settle = counted  # type: ignore[method-assign]
    Ledger.checkpoint = checked  # type: ignore[method-assign]
    app(sys.argv[3:])


if __name__ == "__main__":
    main()
