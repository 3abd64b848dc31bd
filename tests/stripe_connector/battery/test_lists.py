"""Every list of the catalogue: filters, ranges of time, cursors, limits and expansion."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from connector_sdk import JSON, Field
from stripe_connector.catalogue import ApiCall

from tests.stripe_connector.battery import answers
from tests.stripe_connector.battery.maker import CATALOGUE, OFF_SITE, Maker, objects
from tests.stripe_connector.battery.test_life import born, fitting, has, on

LISTS = [CATALOGUE.api_call(name, "list") for name in objects("list") if has(name, "list")]
V1 = [each for each in LISTS if not each.v2]
CONTROLS = {"limit", "starting_after", "ending_before", "expand", "include", "page", "created"}

CANT = {
    ("balance_transactions.list", "payout"): "nothing is paid out",
    ("billing.credit_balance_transactions.list", "customer"): "credit is not spent",
    ("billing.credit_balance_transactions.list", "customer_account"): "credit is not spent",
    ("financial_connections.accounts.list", "session"): "accounts are linked in a browser",
    ("radar.value_lists.list", "contains"): "items are not looked through",
    ("treasury.debit_reversals.list", "resolution"): "nothing is resolved",
    ("treasury.transaction_entries.list", "order_by"): "the order is that of creation",
    ("treasury.transactions.list", "order_by"): "the order is that of creation",
}
"""Filters that the sandbox refuses, because it would answer too much."""

ALWAYS = {
    ("events.list", "delivery_success"),
    ("accounts.external_accounts.list", "object"),
    ("customers.payment_sources.list", "object"),
    ("subscriptions.list", "status"),
    ("prices.list", "active"),
}
"""Filters that mean more than equality, which have tests of their own."""


def filters() -> list[tuple[ApiCall, Field]]:
    return [
        (api_call, field)
        for api_call in LISTS
        for field in CATALOGUE.request(api_call).fields
        if not field.in_path and field.name not in CONTROLS
    ]


@pytest.mark.parametrize(
    ("api_call", "field"), filters(), ids=lambda each: getattr(each, "id", "") or each.name
)
def test_a_filter_lets_through_what_agrees(api_call: ApiCall, field: Field) -> None:
    maker = Maker()
    body, path = born(maker, api_call.object)
    whole = fitting(maker, api_call, body)
    key = (api_call.id, field.name)
    given: dict[str, JSON] = {field.name: maker.value(field, api_call), **whole}
    status, found = maker.call(api_call, on(api_call, path), given)
    if key in CANT:
        assert (status, found["error"]["param"]) == (400, field.name)
        assert "can't filter" in found["error"]["message"]
        return
    assert status == 200, found
    have = (body or {}).get(field.name)
    several = key in ALWAYS or bool(field.any_of)
    if body is None or several or not have or not isinstance(have, (str, int)):
        return
    if any(body.get(name) != value for name, value in whole.items()):
        return  # made by Stripe under an object that the catalogue tells nothing of
    listed = field.type == "list"
    wanted: JSON = [have] if listed else have
    assert own(maker, api_call, path, {**whole, field.name: wanted}, body)
    for other in _others(field, have, given[field.name]):
        wanted = [other] if listed else other
        assert not own(maker, api_call, path, {**whole, field.name: wanted}, body)


def own(
    maker: Maker,
    api_call: ApiCall,
    path: dict[str, str],
    params: dict[str, JSON],
    body: dict[str, Any],
) -> bool:
    status, found = maker.call(api_call, on(api_call, path), params)
    assert status == 200, found
    return body["id"] in [row["id"] for row in found["data"]]


def _others(field: Field, have: JSON, made: JSON) -> Sequence[JSON]:
    choices = field.items.choices if field.items else field.choices
    if choices:
        return [choice for choice in choices if choice not in (have, "all")][:2]
    if isinstance(have, bool):
        return [not have]
    return [made] if made != have else []


@pytest.mark.parametrize(
    "api_call",
    [each for each in LISTS if CATALOGUE.request(each).child("created")],
    ids=lambda each: each.id,
)
def test_a_range_of_time(api_call: ApiCall) -> None:
    maker = Maker()
    body, path = born(maker, api_call.object)
    if body is None or "created" not in body or "id" not in body:
        pytest.skip("it has no time of its own")
    whole = fitting(maker, api_call, body)
    if any(body.get(name) != value for name, value in whole.items()):
        pytest.skip("it is made by Stripe")
    created = body["created"]
    if not any(option.child("gte") for option in _options(api_call)):
        pytest.skip("it takes a moment only")
    for name, inside in (("gte", True), ("lte", True), ("gt", False), ("lt", False)):
        params = {**whole, "created": {name: created}}
        assert own(maker, api_call, path, params, body) is inside


def _options(api_call: ApiCall) -> tuple[Field, ...]:
    field = CATALOGUE.request(api_call).child("created")
    assert field is not None
    return field.any_of or (field,)


MANY = [
    each
    for each in LISTS
    if has(each.object, "create")
    and not CATALOGUE.api_call(each.object, "create").returns_any
    and "id" in {field.name for field in CATALOGUE.resource(each.returns).schema.fields}
    and not any(f.required and not f.in_path for f in CATALOGUE.request(each).fields)
]


def three(maker: Maker, api_call: ApiCall) -> tuple[list[str], dict[str, str]]:
    """The ids of three objects in one list, the newest first."""
    create = CATALOGUE.api_call(api_call.object, "create")
    above = maker.parents(create)
    ids = [str(maker.make(create, above)[0]["id"]) for _ in range(3)]
    return ids[::-1], on(api_call, above)


@pytest.mark.parametrize("api_call", MANY, ids=lambda each: each.id)
def test_pages_come_to_all_of_it(api_call: ApiCall) -> None:
    maker = Maker()
    made, path = three(maker, api_call)
    status, whole = maker.call(api_call, path, {"limit": 100})
    assert status == 200, whole
    ids = [row["id"] for row in whole["data"]]
    assert [each for each in ids if each in made] in (made, made[::-1])
    found: list[str] = []
    params: dict[str, JSON] = {"limit": 1}
    for _ in range(len(ids) + 1):
        status, page = maker.call(api_call, path, params)
        assert (status, len(page["data"])) == (200, 1)
        found += [row["id"] for row in page["data"]]
        if api_call.v2:
            if page["next_page_url"] is None:
                break
            assert page["next_page_url"].startswith(api_call.path.format(**path) + "?limit=1&page=")
            params = {**dict(parse_qsl(urlsplit(page["next_page_url"]).query))}
        else:
            if not page["has_more"]:
                break
            params = {"limit": 1, "starting_after": found[-1]}
    assert found == ids


@pytest.mark.parametrize("api_call", [each for each in MANY if not each.v2], ids=lambda e: e.id)
def test_cursors(api_call: ApiCall) -> None:
    maker = Maker()
    _, path = three(maker, api_call)
    _, whole = maker.call(api_call, path, {"limit": 100})
    ids = [row["id"] for row in whole["data"]]
    _, before = maker.call(api_call, path, {"limit": 100, "ending_before": ids[-1]})
    assert [row["id"] for row in before["data"]] == ids[:-1]
    name = CATALOGUE.resource(api_call.returns).object_name
    status, missing = maker.call(api_call, path, {"starting_after": "x_aaa"})
    called = "PaymentMethod" if name == "payment_method" else name
    expected = answers.no_such(called, "x_aaa", "starting_after")
    assert (status, answers.told(missing)) == (400, expected)
    both: dict[str, JSON] = {"starting_after": ids[0], "ending_before": ids[1]}
    status, body = maker.call(api_call, path, both)
    assert (status, body["error"].keys() & {"code", "param"}) == (400, set())
    if has(api_call.object, "delete"):
        delete = CATALOGUE.api_call(api_call.object, "delete")
        gone = on(delete, {**path, "own": ids[1]})
        status, body = maker.call(delete, gone)
        assert status == 200, body
        _, after = maker.call(api_call, path, {"limit": 100, "starting_after": ids[1]})
        assert [row["id"] for row in after["data"]] == ids[2:]


@pytest.mark.parametrize("api_call", V1, ids=lambda each: each.id)
def test_limits(api_call: ApiCall) -> None:
    if CATALOGUE.request(api_call).child("limit") is None:
        pytest.skip("it takes no limit")
    maker = Maker()
    path = maker.parents(api_call)
    params = maker.request(api_call)
    for limit in (0, 101):
        status, body = maker.call(api_call, path, {**params, "limit": limit})
        assert status == 200, body
    status, body = maker.call(api_call, path, {**params, "limit": "abc"})
    assert (status, answers.told(body)) == (400, answers.LITERAL["parameter_invalid_integer"])


@pytest.mark.parametrize(
    "api_call",
    [
        each
        for each in CATALOGUE.api_calls.values()
        if CATALOGUE.request(each).child("expand")
        and each.action in ("retrieve", "list")
        and has(each.object, each.action)
        and each.id not in OFF_SITE
    ],
    ids=lambda each: each.id,
)
def test_what_cannot_be_expanded_is_refused(api_call: ApiCall) -> None:
    maker = Maker()
    body, path = born(maker, api_call.object)
    params = maker.request(api_call)
    listed = api_call.shape == "list"
    for expand in ("a.b.c.d.e", "nope", *(["data.nope"] if listed and body else [])):
        status, found = maker.call(api_call, on(api_call, path), {**params, "expand": [expand]})
        if status == 200 and listed and not found["data"]:
            continue
        assert (status, found["error"].get("param")) == (400, "expand"), expand
        assert "expand" in found["error"]["message"]


def test_the_lists_are_counted() -> None:
    assert (len(LISTS), len(V1), len(MANY)) == (136, 118, 73)
    refused = [(api_call.id, field.name) for api_call, field in filters()]
    assert len(refused) == 248
    assert CANT.keys() <= set(refused)
