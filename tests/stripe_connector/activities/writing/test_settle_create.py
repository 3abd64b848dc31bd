"""What became of creates whose answer was lost, by the newest objects of a list."""

from typing import Any, cast

from connector_sdk import Activity, Call, MemoryHost
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.writing.create import CreateTarget
from stripe_connector.activities.writing.settle_create import MOST_PAGES, settle_creates
from stripe_connector.catalogue import load
from stripe_connector.client import Client

from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import prepared, sent


def row(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "object": "thing", **more}


async def test_settling_ends_its_look_at_old_or_endless_lists() -> None:
    activity = Activity("a", "create", "payment_methods")

    def target(client: Scripted) -> CreateTarget:
        return CreateTarget(
            cast("Client", client), load(), MemoryHost(), resolve(load(), activity, "test")
        )

    body = prepared(target(Scripted({})), {"type": "card"})
    call = sent(Call(1, 1, "key", 1, None, body), 1_000_000.0)
    old = {"data": [row("pm_1", created=900_000, metadata={})], "has_more": True}
    client = Scripted(old)
    assert await target(client).settle([call]) == [None]
    assert len(client.asked) == 1
    new = {"data": [row("pm_1", created=1_000_001, metadata=None)], "has_more": True}
    client = Scripted(new)
    (outcome,) = await settle_creates(cast("Client", client), load(), [call])
    assert outcome is not None
    assert outcome.kind == "unknown"
    assert len(client.asked) == MOST_PAGES
