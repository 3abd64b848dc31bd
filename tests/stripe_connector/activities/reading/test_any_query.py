"""Whatever is asked: the calls of the plan find exactly what a look at every object finds."""

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from connector_sdk import JSON, Activity, MemoryHost
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe_connector.connection import StripeConnection
from stripe_connector.query import Clause, Query, check, fields_of, write
from stripe_connector.sandbox import Sandbox
from stripe_connector.settings import read_settings

from tests.stripe_connector.query.strategies import naive, queries
from tests.stripe_connector.workbench import Workbench, all_pages, records

WORDS = ("Ada", "ada", "Lovelace", "José", "x@y.z", "555")
CITIES = ("Linz", "linz", "Wien am Tabor", "")


class Filled:
    """A sandbox with random objects, on a loop of its own."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 1_700_000_000.0
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.objects: dict[str, list[dict[str, Any]]] = {}
        self.runner.run(self._fill())

    async def _fill(self) -> None:
        sandbox = await self.stack.enter_async_context(Sandbox(seed=7, clock=lambda: self.now))
        settings: dict[str, JSON] = {"api_key": "sk_test_any", "address": sandbox.address}
        connection = StripeConnection(read_settings(settings), MemoryHost())
        self.stack.push_async_callback(connection.close)
        self.bench = Workbench(connection, sandbox, MemoryHost())
        products = [await self.bench.make("products", name=name) for name in ("Box", "Bag")]
        for each in range(45):
            self.now += self.random.randint(0, 2)
            await self.bench.make("customers", **self._customer())
            if each % 3 == 0:
                made = await self.bench.make("prices", **self._price(products, each))
                if self.random.random() < 0.4:
                    await self.bench.write("update", "prices", {"id": made, "active": False})
        self.objects["customers"] = await self.bench.read("search", "customers")
        prices = [
            await self.bench.read("search", "prices", parameters={"active": active})
            for active in (True, False)
        ]
        self.objects["prices"] = [price for some in prices for price in some]
        assert len(self.objects["prices"]) == 15

    def _customer(self) -> dict[str, Any]:
        pick = self.random
        given: dict[str, Any] = {"balance": pick.randint(-2, 2)}
        if pick.random() < 0.7:
            given["name"] = " ".join(pick.choices(WORDS, k=pick.randint(1, 3)))
        if pick.random() < 0.5:
            given["email"] = pick.choice(("x@y.z", "X@Y.Z", "ada@y.z"))
        if pick.random() < 0.5:
            given["phone"] = pick.choice(("555", "5551", "1"))
        if pick.random() < 0.5:
            given["metadata"] = {"plan": pick.choice(("a", "A", 'b"c'))}
        if pick.random() < 0.5:
            given["address"] = {"city": pick.choice(CITIES[:3])}
        return given

    def _price(self, products: list[str], number: int) -> dict[str, Any]:
        pick = self.random
        given: dict[str, Any] = {
            "product": pick.choice(products),
            "currency": pick.choice(("eur", "usd")),
            "unit_amount": pick.randint(0, 3),
        }
        if pick.random() < 0.5:
            given["recurring"] = {"interval": "month"}
        if pick.random() < 0.5:
            given["lookup_key"] = f"{pick.choice(('key', 'Key'))} {number}"
        return given

    def clauses(self, on: str) -> st.SearchStrategy[Clause]:
        """Clauses on fields that the objects have, mostly with values that some of them have."""
        seen = {key: [*values] for key, values in self._values(on).items()}
        return st.one_of(*(_clause(name, key, seen[name, key]) for name, key in seen))

    def _values(self, on: str) -> dict[tuple[str, str], set[str]]:
        names = {
            "customers": ["name", "email", "phone", "balance", "created", "address.city", "id",
                          "delinquent", "metadata/plan", "description"],
            "prices": ["product", "currency", "active", "type", "lookup_key", "unit_amount",
                       "created", "recurring.interval", "id", "nickname"],
        }[on]  # fmt: skip
        found: dict[tuple[str, str], set[str]] = {}
        for name in names:
            field, _, key = name.partition("/")
            found[field, key] = {"nothing"} if field not in NUMBERS else {"0"}
            for obj in self.objects[on]:
                value: Any = obj
                for part in [*field.split("."), *([key] if key else [])]:
                    value = value.get(part) if isinstance(value, dict) else None
                if isinstance(value, bool):
                    value = str(value).lower()
                if value is not None:
                    found[field, key].add(str(value))
        return found

    def find(self, on: str, query: str, consistency: str) -> list[dict[str, Any]]:
        """What the plan finds."""
        settings: dict[str, JSON] = {"query": query, "consistency": consistency}
        activity = Activity("a", "search", on, "", settings)

        async def find() -> list[dict[str, Any]]:
            source = await self.bench.connection.source(activity)
            return [json.loads(each.raw) for each in records(await all_pages(source))]

        return self.runner.run(find())

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()


NUMBERS = ("balance", "created", "unit_amount")
TEXTS = ("name", "email", "phone", "description", "lookup_key", "nickname", "address.city")


def _clause(field: str, key: str, values: list[str]) -> st.SearchStrategy[Clause]:
    cases = st.sampled_from(sorted(values)).flatmap(
        lambda value: (
            st.sampled_from([value, value.swapcase(), value.split()[0]])
            if field != "id"
            else st.just(value)
        )
    )
    ops = [":", ":", "="]
    if field in NUMBERS:
        ops += [">", "<", ">=", "<="]
    plain = st.builds(
        Clause, st.just(field), st.just(key), st.sampled_from(ops), cases, st.booleans()
    )
    null = st.builds(Clause, st.just(field), st.just(key), st.just(":"), st.none(), st.booleans())
    if field not in TEXTS:
        return plain | plain | null
    long = cases.filter(lambda text: len(text) >= 3)
    part = st.builds(Clause, st.just(field), st.just(key), st.just("~"), long, st.booleans())
    return plain | part | null


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    made = Filled(seed=1)
    yield made
    made.close()


@pytest.mark.timeout(900)
@settings(max_examples=50 if settings().max_examples <= 50 else 1000)
@given(data=st.data(), on=st.sampled_from(["customers", "customers", "prices"]))
def test_the_plan_finds_what_a_look_at_every_object_finds(
    filled: Filled, data: st.DataObject, on: str
) -> None:
    query: Query = data.draw(queries(filled.clauses(on), most=12))
    catalogue = filled.bench.connection.catalogue
    fields = fields_of(catalogue, catalogue.api_calls[f"{on}.list"])
    checked = check(query, fields, native=False)
    expected = {obj["id"] for obj in filled.objects[on] if naive(checked, obj)}
    for consistency in ("indexed", "fresh"):
        found = filled.find(on, write(query), consistency)
        assert {obj["id"] for obj in found} == expected
        assert len(found) == len(expected)
        created = [obj["created"] for obj in found]
        assert created == sorted(created, reverse=True)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 4))
def test_the_same_with_other_objects(seed: int) -> None:
    made = Filled(seed)
    try:
        test_the_plan_finds_what_a_look_at_every_object_finds(made)
    finally:
        made.close()
