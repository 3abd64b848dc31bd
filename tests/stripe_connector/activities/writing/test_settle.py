"""What became of writes whose answer was lost."""

import time
from typing import Any, cast

import pytest
from connector_sdk import Activity, Call, MemoryHost, Target
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.writing.changes import DeleteTarget, UpdateTarget
from stripe_connector.activities.writing.create import CreateTarget
from stripe_connector.activities.writing.settle import holds
from stripe_connector.catalogue import load
from stripe_connector.client import Client
from stripe_connector.sandbox import Fault, SandboxRequest

from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import Workbench, prepared, send, sent

HOUR = 3600.0


async def written(bench: Workbench, target: Target, *requests: dict[str, Any]) -> list[Call]:
    """Calls that were sent and done."""
    calls = bench.calls(target, *requests)
    assert {outcome.kind for outcome in await send(target, calls)} == {"written"}
    return [sent(call) for call in calls]


async def test_creates_are_found_by_their_marker(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    done = await written(bench, target, *({"name": f"n{n}"} for n in range(120)))
    missing = [sent(call) for call in bench.calls(target, {"name": "never"})]
    outcomes = await target.settle([*done, *missing])
    assert [outcome.kind for outcome in outcomes if outcome] == ["written"] * 120
    assert outcomes[-1] is None
    assert outcomes[7] is not None
    (found,) = await bench.read("read", "customers", ids=outcomes[7].id)
    assert found["metadata"]["connector_key"] == done[7].key


@pytest.mark.parametrize(
    ("on", "request_", "left", "kind"),
    [
        ("charges", {"amount": 5, "currency": "eur"}, {"status": "failed"}, "refused"),
        ("charges", {"amount": 5, "currency": "eur"}, {"status": "succeeded"}, "written"),
        ("payment_intents", {"amount": 5, "currency": "eur", "confirm": True}, {}, "refused"),
        ("payment_intents", {"amount": 5, "currency": "eur"}, {}, "written"),
        ("setup_intents", {"confirm": True}, {}, "refused"),
    ],
)
async def test_a_create_that_was_declined_is_not_written(
    on: str, request_: dict[str, Any], left: dict[str, Any], kind: str
) -> None:
    error = {"code": "card_declined", "message": "Your card was declined."}
    errors = {"last_payment_error": error, "last_setup_error": error}
    made = {"failure_message": "Your card was declined.", "status": "requires_payment_method"}
    row = {"id": "x_1", "object": "x", "created": int(time.time()), **errors, **made, **left}
    row["metadata"] = {"connector_key": "k"}
    resolved = resolve(load(), Activity("a", "create", on), "test")
    client = cast("Client", Scripted({"data": [row], "has_more": False}))
    target = CreateTarget(client, load(), MemoryHost(), resolved)
    (outcome,) = await target.settle([Call(1, 1, "k", 1, time.time(), prepared(target, request_))])
    assert outcome is not None
    assert (outcome.kind, outcome.id) == (kind, "x_1")
    assert outcome.problem is None or "was declined" in outcome.problem.message


async def test_what_was_never_sent_needs_no_look(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    before = bench.sandbox.requests.total()
    calls = bench.calls(target, {"name": "Ada"})
    assert await target.settle(calls) == [None]
    for kind in ("update", "delete"):
        other = await bench.target(kind, "customers")
        assert await other.settle(bench.calls(other, {"id": "cus_1"})) == [None]
    assert bench.sandbox.requests.total() == before


@pytest.mark.parametrize("hours", [-300, -20, -1, 0.1, 25])
@pytest.mark.parametrize("synced", [True, False])
async def test_no_clock_hides_a_create(bench: Workbench, hours: float, synced: bool) -> None:
    target = await bench.target("create", "customers")
    (call,) = await written(bench, target, {"name": "Ada"})
    at = time.time() + hours * HOUR
    (outcome,) = await target.settle([sent(call, at)._replace(synced=synced)])
    assert outcome is not None
    assert outcome.kind == "written"


async def test_creates_without_marker_stay_unknown(bench: Workbench) -> None:
    target = await bench.target("create", "customers", marker=False)
    (call,) = await written(bench, target, {"name": "Ada"})
    (outcome,) = await target.settle([call])
    assert outcome is not None
    assert outcome.kind == "unknown"
    assert outcome.problem is not None
    assert outcome.problem.code == "unsettled"


async def test_creates_of_a_list_without_created_filter(bench: Workbench) -> None:
    target = await bench.target("create", "payment_methods")
    request = {"type": "card", "card": {"token": "tok_visa"}}
    (call,) = await written(bench, target, request)
    (other,) = bench.calls(target, request)
    found, missing = await target.settle([call, sent(other)])
    assert found is not None
    assert (found.kind, missing) == ("written", None)


async def test_prices_that_are_not_active_are_found_too(bench: Workbench) -> None:
    product = await bench.make("products", name="Plan")
    target = await bench.target("create", "prices")
    price = {"currency": "eur", "unit_amount": 100, "product": product, "active": False}
    (call,) = await written(bench, target, price)
    (outcome,) = await target.settle([call])
    assert outcome is not None
    assert outcome.kind == "written"


async def test_updates_are_compared(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada", metadata={"a": "1"})
    target = await bench.target("update", "customers")
    request = {"id": ada, "name": "Grace", "metadata": {"a": "", "b": "2"}}
    (done,) = await written(bench, target, request)
    (open_call,) = bench.calls(target, {"id": ada, "name": "Edith"})
    (gone,) = bench.calls(target, {"id": "cus_nobody", "name": "Edith"})
    settled = await target.settle([done, sent(open_call), sent(gone)])
    assert settled[0] is not None
    assert (settled[0].kind, settled[0].id) == ("written", ada)
    assert settled[1:] == [None, None]


async def test_updates_that_show_nowhere_stay_unknown(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    target = await bench.target("update", "customers")
    (call,) = bench.calls(target, {"id": ada, "validate": True})
    (outcome,) = await target.settle([sent(call)])
    assert outcome is not None
    assert outcome.kind == "unknown"


async def settled(on: str, there: dict[str, Any], **request: Any) -> str:
    """What an update is settled as whose object is `there` now."""
    resolved = resolve(load(), Activity("a", "update", on), "test")
    client = cast("Client", Scripted({"id": "x_1", "object": "x", **there}))
    target = UpdateTarget(client, load(), MemoryHost(), resolved)
    call = Call(1, 1, "k", 1, time.time(), prepared(target, {"id": "x_1", **request}))
    (outcome,) = await target.settle([call])
    return outcome.kind if outcome else "open"


async def test_updates_that_would_bill_twice_are_never_repeated() -> None:
    paused = {"description": "old", "items": {"object": "list", "data": []}}
    for change in (
        {"add_invoice_items": [{"price": "price_1"}]},
        {"items": [{"price": "price_1"}]},
        {"billing_cycle_anchor": {"type": "now"}},
        {"trial_end": "now"},
    ):
        there = {**paused, "billing_cycle_anchor": 1, "trial_end": 1}
        assert await settled("subscriptions", there, **change) == "unknown"
        assert await settled("subscriptions", there, description="old", **change) == "unknown"
    assert await settled("subscriptions", paused, description="new") == "open"
    assert await settled("customers", {"balance": -500}, balance=-500) == "written"
    assert await settled("customers", {"balance": -200}, balance=-500) == "unknown"


async def test_updates_that_show_in_part_are_repeated() -> None:
    evidence = {"evidence": {"uncategorized_text": "x"}}
    assert await settled("disputes", evidence, **evidence) == "written"
    assert await settled("disputes", evidence, **evidence, submit=True) == "open"


async def test_an_update_made_by_a_create_target_is_compared(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    target = await bench.target("create", "customers")
    same = Call(1, 1, "k1", 1, time.time(), prepared(target, {"name": "Ada"}, existing=ada))
    other = Call(2, 1, "k2", 1, time.time(), prepared(target, {"name": "Bo"}, existing=ada))
    (create,) = await written(bench, target, {"name": "Cy"})
    found, differs, made = await target.settle([same, other, create])
    assert found is not None
    assert (found.id, differs) == (ada, None)
    assert made is not None
    assert made.kind == "written"


async def test_deletes_are_looked_up(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    eve = await bench.make("customers", name="Eve")
    target = await bench.target("delete", "customers")
    (done,) = await written(bench, target, {"id": ada})
    still, never = bench.calls(target, {"id": eve}, {"id": "cus_nobody"})
    settled = await target.settle([done, sent(still), sent(never)])
    assert settled[0] is not None
    assert (settled[0].kind, settled[0].id) == ("written", ada)
    assert settled[1] is None
    assert settled[2] is not None
    assert settled[2].kind == "written"


async def test_a_cancelled_subscription_is_done(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    product = await bench.make("products", name="Plan")
    price = {"currency": "eur", "unit_amount": 100, "product": product}
    made = await bench.make("prices", **price, recurring={"interval": "month"})
    terms = {"collection_method": "send_invoice", "days_until_due": 30}
    plan = {"customer": ada, "items": [{"price": made}], **terms}
    ids = [await bench.make("subscriptions", **plan) for _ in "ab"]
    target = await bench.target("delete", "subscriptions")
    (done,) = await written(bench, target, {"id": ids[0]})
    (still,) = bench.calls(target, {"id": ids[1]})
    found, there = await target.settle([done, sent(still)])
    assert found is not None
    assert (found.kind, found.id, there) == ("written", ids[0], None)


async def test_a_list_that_may_not_be_read_leaves_it_unknown(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    (call,) = await written(bench, target, {"name": "Ada"})

    async def refuse(request: SandboxRequest) -> Fault | None:
        return Fault(400, "invalid_request_error", "No.") if request.method == "GET" else None

    bench.sandbox.on_request = refuse
    (outcome,) = await target.settle([call])
    assert outcome is not None
    assert outcome.kind == "unknown"


async def test_nested_creates_are_looked_up_below_their_parent(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    eve = await bench.make("customers", name="Eve")
    target = await bench.target("create", "customers.balance_transactions")
    request = {"amount": 100, "currency": "eur"}
    done = await written(bench, target, *({**request, "customer": who} for who in (ada, eve, ada)))
    (never,) = bench.calls(target, {**request, "customer": eve})
    settled = await target.settle([*done, sent(never)])
    assert [outcome.kind for outcome in settled if outcome] == ["written"] * 3
    assert settled[-1] is None


async def test_the_list_is_found_through_a_parameter(bench: Workbench) -> None:
    target = await bench.target("create", "subscription_items")
    (call,) = bench.calls(target, {"subscription": "sub_1", "price": "price_1"})
    lists = bench.sandbox.requests

    async def empty(request: SandboxRequest) -> Fault | None:
        assert request.method == "GET"
        assert b"subscription=sub_1" in request.body
        return Fault(400, "invalid_request_error", "Enough seen.")

    bench.sandbox.on_request = empty
    (outcome,) = await target.settle([sent(call)])
    assert outcome is not None
    assert lists["GET /v1/subscription_items"] == 1


async def test_objects_that_no_list_leads_to_stay_unknown(bench: Workbench) -> None:
    for on, request in (
        ("sources", {"type": "ach_credit_transfer"}),
        ("treasury.credit_reversals", {"received_credit": "rc_1"}),
    ):
        target = await bench.target("create", on)
        (outcome,) = await target.settle([sent(call) for call in bench.calls(target, request)])
        assert outcome is not None
        assert outcome.kind == "unknown"
    assert set(bench.sandbox.requests) <= {"GET /v1/account"}


async def test_what_can_not_be_read_back_stays_unknown(bench: Workbench) -> None:
    update = await bench.target("update", "invoices.line_items")
    calls = bench.calls(update, {"invoice": "in_1", "id": "il_1", "amount": 5})
    delete = await bench.target("delete", "ephemeral_keys")
    keys = bench.calls(delete, {"id": "ephkey_1"})
    for target, some in ((update, calls), (delete, keys)):
        (outcome,) = await target.settle([sent(call) for call in some])
        assert outcome is not None
        assert outcome.kind == "unknown"


async def test_deletes_that_are_no_delete(bench: Workbench) -> None:
    def found(**more: Any) -> Scripted:
        return Scripted({"id": "cus_1", "object": "customer", **more})

    async def settle(client: Scripted, on: str, action: str, **ids: str) -> str:
        resolved = resolve(load(), Activity("a", "delete", on, action), "test")
        target = DeleteTarget(cast("Client", client), load(), MemoryHost(), resolved)
        call = Call(1, 1, "k", 1, time.time(), prepared(target, ids))
        (outcome,) = await target.settle([call])
        return outcome.kind if outcome else "open"

    discount = ("customers", "delete_discount")
    assert await settle(found(discount=None), *discount, id="cus_1") == "written"
    assert await settle(found(discount={"id": "di_1"}), *discount, id="cus_1") == "open"
    source = found(status="consumed")
    assert await settle(source, "sources", "detach", customer="cus_1", id="src_1") == "unknown"
    assert source.asked == [{"source": "src_1"}]


@pytest.mark.parametrize(
    ("has", "was_sent", "same"),
    [
        ("a", "a", True),
        ("a", "b", False),
        (1, "1", True),
        (1, True, False),
        (True, True, True),
        (None, None, True),
        ("", None, True),
        ({}, None, True),
        (0, None, False),
        ({"id": "cus_1", "name": "Ada"}, "cus_1", True),
        ({"id": "cus_1"}, "cus_2", False),
        ({"a": 1, "b": 2}, {"b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({"a": "1"}, {"a": None}, False),
        ({}, {"a": None}, True),
        ([1, 2], [1, 2], True),
        ([1, 2], [1], False),
        (None, {"a": 1}, False),
        ("x", ["x"], False),
    ],
)
def test_holds(has: Any, was_sent: Any, same: bool) -> None:
    assert holds(has, was_sent) is same


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_every_value_holds_itself(value: Any) -> None:
    assert holds(value, value)
