"""Every list of the catalogue: filters, ranges of time, cursors, limits and expansion."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from connector_sdk import JSON, Field
from stripe_connector.catalogue import Operation

from tests.stripe_connector.battery import answers
from tests.stripe_connector.battery.maker import CATALOGUE, OFF_SITE, Maker, objects
from tests.stripe_connector.battery.test_life import born, fitting, has, on

LISTS = [CATALOGUE.operation(name, "list") for name in objects("list") if has(name, "list")]
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


def filters() -> list[tuple[Operation, Field]]:
    return [
        (operation, field)
        for operation in LISTS
        for field in CATALOGUE.request(operation).fields
        if not field.in_path and field.name not in CONTROLS
    ]


@pytest.mark.parametrize(
    ("operation", "field"), filters(), ids=lambda each: getattr(each, "id", "") or each.name
)
def test_a_filter_lets_through_what_agrees(operation: Operation, field: Field) -> None:
    maker = Maker()
    body, path = born(maker, operation.object)
    whole = fitting(maker, operation, body)
    key = (operation.id, field.name)
    given: dict[str, JSON] = {field.name: maker.value(field, operation), **whole}
    status, found = maker.call(operation, on(operation, path), given)
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
    assert own(maker, operation, path, {**whole, field.name: wanted}, body)
    for other in _others(field, have, given[field.name]):
        wanted = [other] if listed else other
        assert not own(maker, operation, path, {**whole, field.name: wanted}, body)


def own(
    maker: Maker,
    operation: Operation,
    path: dict[str, str],
    params: dict[str, JSON],
    body: dict[str, Any],
) -> bool:
    status, found = maker.call(operation, on(operation, path), params)
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
    "operation",
    [each for each in LISTS if CATALOGUE.request(each).child("created")],
    ids=lambda each: each.id,
)
def test_a_range_of_time(operation: Operation) -> None:
    maker = Maker()
    body, path = born(maker, operation.object)
    if body is None or "created" not in body or "id" not in body:
        pytest.skip("it has no time of its own")
    whole = fitting(maker, operation, body)
    if any(body.get(name) != value for name, value in whole.items()):
        pytest.skip("it is made by Stripe")
    created = body["created"]
    if not any(option.child("gte") for option in _options(operation)):
        pytest.skip("it takes a moment only")
    for name, inside in (("gte", True), ("lte", True), ("gt", False), ("lt", False)):
        params = {**whole, "created": {name: created}}
        assert own(maker, operation, path, params, body) is inside


def _options(operation: Operation) -> tuple[Field, ...]:
    field = CATALOGUE.request(operation).child("created")
    assert field is not None
    return field.any_of or (field,)


MANY = [
    each
    for each in LISTS
    if has(each.object, "create")
    and not CATALOGUE.operation(each.object, "create").returns_any
    and "id" in {field.name for field in CATALOGUE.resource(each.returns).schema.fields}
    and not any(f.required and not f.in_path for f in CATALOGUE.request(each).fields)
]


def three(maker: Maker, operation: Operation) -> tuple[list[str], dict[str, str]]:
    """The ids of three objects in one list, the newest first."""
    create = CATALOGUE.operation(operation.object, "create")
    above = maker.parents(create)
    ids = [str(maker.make(create, above)[0]["id"]) for _ in range(3)]
    return ids[::-1], on(operation, above)


@pytest.mark.parametrize("operation", MANY, ids=lambda each: each.id)
def test_pages_come_to_all_of_it(operation: Operation) -> None:
    maker = Maker()
    made, path = three(maker, operation)
    status, whole = maker.call(operation, path, {"limit": 100})
    assert status == 200, whole
    ids = [row["id"] for row in whole["data"]]
    assert [each for each in ids if each in made] in (made, made[::-1])
    found: list[str] = []
    params: dict[str, JSON] = {"limit": 1}
    for _ in range(len(ids) + 1):
        status, page = maker.call(operation, path, params)
        assert (status, len(page["data"])) == (200, 1)
        found += [row["id"] for row in page["data"]]
        if operation.v2:
            if page["next_page_url"] is None:
                break
            assert page["next_page_url"].startswith(
                operation.path.format(**path) + "?limit=1&page="
            )
            params = {**dict(parse_qsl(urlsplit(page["next_page_url"]).query))}
        else:
            if not page["has_more"]:
                break
            params = {"limit": 1, "starting_after": found[-1]}
    assert found == ids


@pytest.mark.parametrize("operation", [each for each in MANY if not each.v2], ids=lambda e: e.id)
def test_cursors(operation: Operation) -> None:
    maker = Maker()
    _, path = three(maker, operation)
    _, whole = maker.call(operation, path, {"limit": 100})
    ids = [row["id"] for row in whole["data"]]
    _, before = maker.call(operation, path, {"limit": 100, "ending_before": ids[-1]})
    assert [row["id"] for row in before["data"]] == ids[:-1]
    name = CATALOGUE.resource(operation.returns).object_name
    status, missing = maker.call(operation, path, {"starting_after": "x_aaa"})
    called = "PaymentMethod" if name == "payment_method" else name
    expected = answers.no_such(called, "x_aaa", "starting_after")
    assert (status, answers.told(missing)) == (400, expected)
    both: dict[str, JSON] = {"starting_after": ids[0], "ending_before": ids[1]}
    status, body = maker.call(operation, path, both)
    assert (status, body["error"].keys() & {"code", "param"}) == (400, set())
    if has(operation.object, "delete"):
        delete = CATALOGUE.operation(operation.object, "delete")
        gone = on(delete, {**path, "own": ids[1]})
        status, body = maker.call(delete, gone)
        assert status == 200, body
        _, after = maker.call(operation, path, {"limit": 100, "starting_after": ids[1]})
        assert [row["id"] for row in after["data"]] == ids[2:]


@pytest.mark.parametrize("operation", V1, ids=lambda each: each.id)
def test_limits(operation: Operation) -> None:
    if CATALOGUE.request(operation).child("limit") is None:
        pytest.skip("it takes no limit")
    maker = Maker()
    path = maker.parents(operation)
    params = maker.request(operation)
    for limit in (0, 101):
        status, body = maker.call(operation, path, {**params, "limit": limit})
        assert status == 200, body
    status, body = maker.call(operation, path, {**params, "limit": "abc"})
    assert (status, answers.told(body)) == (400, answers.LITERAL["parameter_invalid_integer"])


@pytest.mark.parametrize(
    "operation",
    [
        each
        for each in CATALOGUE.operations.values()
        if CATALOGUE.request(each).child("expand")
        and each.action in ("retrieve", "list")
        and has(each.object, each.action)
        and each.id not in OFF_SITE
    ],
    ids=lambda each: each.id,
)
def test_what_cannot_be_expanded_is_refused(operation: Operation) -> None:
    maker = Maker()
    body, path = born(maker, operation.object)
    params = maker.request(operation)
    listed = operation.shape == "list"
    for expand in ("a.b.c.d.e", "nope", *(["data.nope"] if listed and body else [])):
        status, found = maker.call(operation, on(operation, path), {**params, "expand": [expand]})
        if status == 200 and listed and not found["data"]:
            continue
        assert (status, found["error"].get("param")) == (400, "expand"), expand
        assert "expand" in found["error"]["message"]


def test_the_lists_are_counted() -> None:
    assert (len(LISTS), len(V1), len(MANY)) == (136, 118, 73)
    refused = [(operation.id, field.name) for operation, field in filters()]
    assert len(refused) == 248
    assert CANT.keys() <= set(refused)
