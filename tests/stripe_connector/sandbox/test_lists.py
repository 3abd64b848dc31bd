"""Lists: order, cursors, limits, filters, and what they show when expanded."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from connector_sdk import JSON
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.store import Stored, position

from tests.stripe_connector.sandbox.caller import Caller


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def later() -> AsyncIterator[tuple[Caller, list[str]]]:
    """Twelve customers, made one hundred seconds apart from the time 1000; ids newest first."""
    clock = Clock()
    async with Sandbox(seed=1, clock=clock) as sandbox, aiohttp.ClientSession() as session:
        stripe = Caller(sandbox, session)
        ids: list[str] = []
        for number in range(12):
            email = f"{number % 2}@example.com"
            customer = await stripe.make("/v1/customers", email=email)
            ids.insert(0, customer["id"])
            clock.now += 100
        yield stripe, ids


async def test_a_list_comes_newest_first_ten_at_a_time(later: tuple[Caller, list[str]]) -> None:
    stripe, ids = later
    first = await stripe.get("/v1/customers")
    assert first.ids == ids[:10]
    assert (first.body["object"], first.body["url"]) == ("list", "/v1/customers")
    assert first.body["has_more"] is True
    rest = await stripe.get("/v1/customers", {"starting_after": ids[9]})
    assert (rest.ids, rest.body["has_more"]) == (ids[10:], False)


@pytest.mark.parametrize(("limit", "count"), [("0", 1), ("-5", 1), ("3", 3), ("1000", 12)])
async def test_limits_are_clamped(later: tuple[Caller, list[str]], limit: str, count: int) -> None:
    stripe, ids = later
    assert (await stripe.get("/v1/customers", {"limit": limit})).ids == ids[:count]


async def test_a_limit_that_is_no_number_is_refused(stripe: Caller) -> None:
    reply = await stripe.get("/v1/customers", {"limit": "abc"})
    assert (reply.status, reply.error["code"]) == (400, "parameter_invalid_integer")
    assert (reply.error["message"], reply.error["param"]) == ("Invalid integer: abc", "limit")


async def test_at_most_a_hundred_come_at_once(stripe: Caller) -> None:
    for _ in range(101):
        await stripe.make("/v1/customers")
    reply = await stripe.get("/v1/customers", {"limit": 101})
    assert (len(reply.ids), reply.body["has_more"]) == (100, True)


async def test_a_list_is_walked_back(later: tuple[Caller, list[str]]) -> None:
    stripe, ids = later
    page = await stripe.get("/v1/customers", {"ending_before": ids[5], "limit": 3})
    assert (page.ids, page.body["has_more"]) == (ids[2:5], True)
    page = await stripe.get("/v1/customers", {"ending_before": ids[2], "limit": 3})
    assert (page.ids, page.body["has_more"]) == (ids[:2], False)


async def test_a_deleted_cursor_still_marks_its_place(later: tuple[Caller, list[str]]) -> None:
    stripe, ids = later
    await stripe.delete(f"/v1/customers/{ids[4]}")
    after = await stripe.get("/v1/customers", {"starting_after": ids[4], "limit": 2})
    assert after.ids == ids[5:7]
    before = await stripe.get("/v1/customers", {"ending_before": ids[4], "limit": 2})
    assert before.ids == ids[2:4]
    assert ids[4] not in (await stripe.get("/v1/customers", {"limit": 100})).ids


async def test_a_cursor_that_never_was_is_refused(stripe: Caller) -> None:
    for param in ("starting_after", "ending_before"):
        reply = await stripe.get("/v1/customers", {param: "cus_aaa"})
        assert (reply.status, reply.error["code"]) == (400, "resource_missing")
        assert reply.error["message"] == "No such customer: 'cus_aaa'"
        assert reply.error["param"] == param


async def test_two_cursors_are_refused_without_code_and_param(
    later: tuple[Caller, list[str]],
) -> None:
    stripe, ids = later
    params: dict[str, JSON] = {"starting_after": ids[0], "ending_before": ids[5]}
    reply = await stripe.get("/v1/customers", params)
    assert reply.status == 400
    assert not {"code", "param"} & reply.error.keys()


@pytest.mark.parametrize(
    ("bounds", "part"),
    [
        ({"gt": 1900}, slice(0, 2)),
        ({"gte": 1900}, slice(0, 3)),
        ({"lt": 1100}, slice(11, 12)),
        ({"lte": 1100}, slice(10, 12)),
        ({"gte": 1200, "lt": 1400}, slice(8, 10)),
    ],
)
async def test_lists_are_bounded_by_time(
    later: tuple[Caller, list[str]], bounds: dict[str, JSON], part: slice
) -> None:
    stripe, ids = later
    assert (await stripe.get("/v1/customers", {"created": bounds})).ids == ids[part]


async def test_lists_are_filtered_by_fields(later: tuple[Caller, list[str]]) -> None:
    stripe, ids = later
    assert (await stripe.get("/v1/customers", {"created": "1100"})).ids == ids[10:11]
    found = await stripe.get("/v1/customers", {"email": "1@example.com", "limit": 2})
    assert (found.ids, found.body["has_more"]) == ([ids[0], ids[2]], True)
    wrong = await stripe.get("/v1/customers", {"created": {"around": 5}})
    assert wrong.status == 400


async def test_filters_reach_into_objects_and_take_several_values(stripe: Caller) -> None:
    product = await stripe.make("/v1/products", name="Tea")
    price: dict[str, JSON] = {"product": product["id"], "currency": "eur", "unit_amount": 1}
    monthly = await stripe.make("/v1/prices", **price, recurring={"interval": "month"})
    await stripe.make("/v1/prices", **price, recurring={"interval": "year"})
    once = await stripe.make("/v1/prices", **price, active=False)
    assert (await stripe.get("/v1/prices", {"recurring": {"interval": "month"}})).ids == [
        monthly["id"]
    ]
    assert (await stripe.get("/v1/prices", {"active": False})).ids == [once["id"]]
    assert (await stripe.get("/v1/products", {"ids": [product["id"], "x"]})).ids == [product["id"]]
    missing = await stripe.get("/v1/prices", {"product": "prod_x"})
    assert (missing.status, missing.error["code"]) == (400, "resource_missing")


async def test_subscriptions_are_filtered_by_their_items(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", name="Ann")
    product = await stripe.make("/v1/products", name="Tea")
    made: dict[str, str] = {}
    for interval in ("month", "year"):
        price = await stripe.make(
            "/v1/prices",
            product=product["id"],
            currency="eur",
            unit_amount=1,
            recurring={"interval": interval},
        )
        subscription = await stripe.make(
            "/v1/subscriptions",
            customer=customer["id"],
            items=[{"price": price["id"]}],
            payment_behavior="default_incomplete",
        )
        made[price["id"]] = subscription["id"]
    for price_id, subscription_id in made.items():
        found = await stripe.get("/v1/subscriptions", {"price": price_id})
        assert found.ids == [subscription_id]
    soon = subscription["items"]["data"][0]["current_period_end"] - 86400
    ending = await stripe.get("/v1/subscriptions", {"current_period_end": {"lt": soon}})
    assert ending.ids == [next(iter(made.values()))]


async def test_a_filter_that_can_not_be_applied_is_refused(stripe: Caller) -> None:
    assert (await stripe.get("/v1/radar/value_lists", {"contains": "x"})).ids == []
    await stripe.make("/v1/radar/value_lists", alias="a", name="A")
    reply = await stripe.get("/v1/radar/value_lists", {"contains": "x"})
    assert reply.status == 400
    assert "can't filter" in reply.error["message"]


async def test_ids_are_expanded_up_to_four_levels(stripe: Caller) -> None:
    product = await stripe.make("/v1/products", name="Tea")
    price = await stripe.make(
        "/v1/prices",
        product=product["id"],
        currency="eur",
        unit_amount=1,
        recurring={"interval": "month"},
    )
    assert price["product"] == product["id"]
    deep = await stripe.get(
        f"/v1/prices/{price['id']}", {"expand": ["product.default_price.product.default_price"]}
    )
    assert deep.body["product"]["name"] == "Tea"
    listed = await stripe.get("/v1/prices", {"expand": ["data.product"]})
    assert listed.body["data"][0]["product"]["id"] == product["id"]
    stored = await stripe.get(f"/v1/prices/{price['id']}")
    assert stored.body == price
    created = await stripe.make(
        "/v1/prices", product=product["id"], currency="eur", unit_amount=1, expand=["product"]
    )
    assert created["product"]["id"] == product["id"]


@pytest.mark.parametrize(
    ("path", "expand"),
    [
        ("/v1/customers", "data"),
        ("/v1/customers", "default_source"),
        ("/v1/customers", "data.nope"),
        ("/v1/customers", "data.name"),
        ("/v1/customers", "data.subscriptions.data.customer.subscriptions"),
        ("/v1/balance", "available"),
    ],
)
async def test_what_can_not_be_expanded_is_refused(stripe: Caller, path: str, expand: str) -> None:
    await stripe.make("/v1/customers", name="Ann")
    reply = await stripe.get(path, {"expand": [expand]})
    assert (reply.status, reply.error["param"]) == (400, "expand")


async def test_lists_in_objects_come_when_asked_for(stripe: Caller) -> None:
    customer = await stripe.make(
        "/v1/customers", tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}]
    )
    path = f"/v1/customers/{customer['id']}"
    for number in range(11):
        await stripe.make(f"{path}/tax_ids", type="eu_vat", value=f"DE{number:09}")
    found = await stripe.get(path, {"expand": ["tax_ids", "subscriptions"]})
    tax_ids = found.body["tax_ids"]
    assert (len(tax_ids["data"]), tax_ids["has_more"]) == (10, True)
    assert tax_ids["url"] == f"{path}/tax_ids"
    rest = await stripe.get(tax_ids["url"], {"starting_after": tax_ids["data"][-1]["id"]})
    assert [row["value"] for row in rest.body["data"]] == ["DE000000000", "DE123456789"]
    assert found.body["subscriptions"]["url"] == f"/v1/subscriptions?customer={customer['id']}"


async def test_a_long_invoice_goes_on_at_its_address(stripe: Caller) -> None:
    customer = await stripe.make("/v1/customers", name="Ann")
    for number in range(12):
        await stripe.make(
            "/v1/invoiceitems", customer=customer["id"], currency="eur", amount=number
        )
    invoice = await stripe.make(
        "/v1/invoices",
        customer=customer["id"],
        currency="eur",
        pending_invoice_items_behavior="include",
    )
    lines = invoice["lines"]
    assert [line["amount"] for line in lines["data"]] == list(range(10))
    assert lines["has_more"] is True
    rest = await stripe.get(lines["url"], {"starting_after": lines["data"][-1]["id"]})
    assert [line["amount"] for line in rest.body["data"]] == [10, 11]


async def test_search_pages_do_not_shift(stripe: Caller) -> None:
    made = [(await stripe.make("/v1/customers", name="Ann"))["id"] for _ in range(5)]
    first = await stripe.get("/v1/customers/search", {"query": "name:'ann'", "limit": 2})
    assert first.body["object"] == "search_result"
    assert "total_count" not in first.body
    await stripe.make("/v1/customers", name="Ann, too late")
    params: dict[str, JSON] = {
        "query": "name:'ann'",
        "limit": 3,
        "page": first.body["next_page"],
        "expand": ["total_count"],
    }
    rest = await stripe.get("/v1/customers/search", params)
    assert first.ids + rest.ids == made[::-1]
    assert (rest.body["next_page"], rest.body["has_more"]) == (None, False)
    assert rest.body["total_count"] == 6
    wrong = await stripe.get("/v1/customers/search", {"query": "name:'ann'", "page": "x"})
    assert (wrong.status, wrong.error["param"]) == (400, "page")


@given(st.sets(st.integers(0, 50), min_size=1), st.integers(-1, 51))
def test_a_position_parts_what_comes_before_from_what_comes_after(seqs: set[int], seq: int) -> None:
    rows = [Stored(number, "customer", str(number), {}) for number in sorted(seqs)]
    at = position(rows, seq)
    assert all(row.seq < seq for row in rows[:at])
    assert all(row.seq >= seq for row in rows[at:])
