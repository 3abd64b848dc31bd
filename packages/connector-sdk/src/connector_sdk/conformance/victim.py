"""A process that writes to a subject's target and waits at a place to be killed.

Reads one JSON object from its input: see `Order`. Prints a line when it is at the place.
"""

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

import msgspec

from connector_sdk.activity import Activity
from connector_sdk.conformance.driver import Driver
from connector_sdk.conformance.journal import Journal
from connector_sdk.connector import Connector
from connector_sdk.host import MemoryHost

REACHED = "reached"


class Order(msgspec.Struct):
    """What to do: the connector as "module:name", where on the connection, what to write, and
    the place and the record at which to wait."""

    connector: str
    settings: dict[str, Any]
    target: Activity
    requests: list[bytes]
    folder: str
    state: str
    journal: str
    place: str
    number: int
    path: list[str]


async def work(order: Order) -> None:
    """Writes until the place is reached, and then waits for ever."""

    async def reached(place: str, number: int) -> None:
        if place == order.place and number >= order.number:
            print(REACHED, flush=True)  # noqa: T201 - the other process reads it
            await asyncio.Event().wait()

    module, _, name = order.connector.partition(":")
    connector: Connector = getattr(importlib.import_module(module), name)()
    host = MemoryHost(*(Path(each) if each else None for each in (order.folder, order.state)))
    connection = await connector.connect(order.settings, host)
    journal = Journal(Path(order.journal))
    await Driver(connection, order.target, order.requests, journal, reached).run()


def main() -> None:
    """Takes the order."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.path[:] = order.path
    asyncio.run(work(order))


if __name__ == "__main__":
    main()
