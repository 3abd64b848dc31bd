"""What the searches of the tests go through: customers, and answers that are made up."""

import json
from typing import Any, cast

from connector_sdk import (
    Activity,
    MemoryHost,
)
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.reading.planned import PlannedSource
from stripe_connector.catalogue import load
from stripe_connector.client import Client

from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import Workbench, records


def ids(pages: Any) -> list[str]:
    return [json.loads(record.raw)["id"] for record in records(pages)]


async def customers(bench: Workbench, count: int, **more: Any) -> None:
    rows = ({"email": f"{n % 2}@example.com", "name": f"n {n}", **more} for n in range(count))
    await bench.write("create", "customers", *rows)


def scripted(on: str, query: str, *answers: Any) -> PlannedSource:
    """The search of a list whose answers are made up."""
    activity = Activity("a", "search", on, "", {"query": query})
    resolved = resolve(load(), activity, "test")
    client = cast("Client", Scripted(*answers))
    return PlannedSource(client, load(), MemoryHost(), resolved)
