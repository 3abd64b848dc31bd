"""The battery of the contract, on the Stripe connector."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from connector_sdk import Activity, MemoryHost
from connector_sdk.conformance import Battery, Subject
from stripe_connector import Stripe
from stripe_connector.connector import StripeConnector
from stripe_connector.sandbox import Sandbox


class TestConformance(Battery):
    @pytest.fixture(params=["list", "search", "planned", "fresh", "read"])
    async def subject(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> AsyncIterator[Subject]:
        state = tmp_path / "sandbox.db"
        ids = await filled(state, 210 if request.param in ("list", "fresh") else 25)
        async with Sandbox(state, seed=3) as sandbox:

            async def held() -> int:
                async with Stripe("sk_test_conformance", address=sandbox.address) as stripe:
                    return len([each async for each in stripe.list("customers")])

            yield subject(sandbox.address, sources(ids)[request.param], held)


FILLED: dict[int, tuple[bytes, list[str]]] = {}
"""By how many products there are: the state of a sandbox, and their ids."""


async def filled(state: Path, products: int) -> list[str]:
    """Makes the state of a sandbox with so many products; gives their ids."""
    if products not in FILLED:
        async with (
            Sandbox(state, seed=3) as sandbox,
            Stripe("sk_test_conformance", address=sandbox.address) as stripe,
        ):
            ids = [
                (await stripe.create("products", {"name": f"Product {number}"}))["id"]
                for number in range(products)
            ]
        FILLED[products] = state.read_bytes(), ids
    data, ids = FILLED[products]
    state.write_bytes(data)
    return ids


def sources(ids: list[str]) -> dict[str, Activity]:
    return {
        "list": Activity("all", "search", "products", "list"),
        "search": Activity("some", "search", "products", "search", {"query": "name:'product'"}),
        "planned": Activity(
            "several", "search", "products", "", {"query": "id:prod_x OR name~'product'"}
        ),
        "fresh": Activity(
            "fresh", "search", "products", "", {"query": "-name:'13'", "consistency": "fresh"}
        ),
        "read": Activity("known", "read", "products", "retrieve", {"ids": [*ids]}),
    }


def subject(address: str, source: Activity, held: Any) -> Subject:
    def faulty(on: str, type: str = "search", action: str = "", **settings: Any) -> Activity:
        return Activity("a", type, on, action, settings)

    return Subject(
        connector=StripeConnector(),
        settings={"api_key": "sk_test_conformance", "address": address, "retries": 1},
        wrong_settings=[
            ({"address": address}, "api_key"),
            ({"api_key": "pk_test_1", "address": address}, "api_key"),
            ({"api_key": "sk_test_1", "address": "nonsense"}, "address"),
            ({"api_key": "sk_test_1", "timeout": "soon"}, "timeout"),
            ({"api_key": "sk_live_1", "address": "http://example.com"}, "address"),
        ],
        source=source,
        target=Activity("new", "create", "customers", "create"),
        good=[b'{"name":"n%d","email":"n%d@example.com"}' % (n, n) for n in range(20)],
        bad=[
            (b'{"emial":"a@example.com"}', "emial"),
            (b'{"balance":"much"}', "balance"),
            (b'{"address":{"town":"Linz"}}', "address.town"),
        ],
        faults=[
            (faulty("custmers"), "on"),
            (faulty(""), "on"),
            (faulty("balance"), "on"),
            (faulty("customers", action="lst"), "action"),
            (faulty("customers.tax_ids"), "parents.customer"),
            (faulty("customers", parameters={"emial": "a"}), "parameters.emial"),
            (faulty("customers", parameters={"created": {"gt": "soon"}}), "parameters.created.gt"),
            (faulty("coupons", query="nmae:'a'"), "query"),
            (faulty("customers", query="name:'a"), "query"),
            (faulty("customers", limit=0), "limit"),
            (faulty("customers", type="read"), "ids"),
            (faulty("customers", type="read", ids=[]), "ids"),
            (faulty("charges", type="delete"), "on"),
            (faulty("customers", type="create", concurrency=0), "concurrency"),
            (faulty("customers", type="create", parents={"customer": "cus_1"}), "parents"),
        ],
        held=held,
        host=MemoryHost(),
    )
