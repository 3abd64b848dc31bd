"""What deleting means for an object, through a real sandbox."""

from typing import Any

import pytest
from connector_sdk import Activity, MemoryHost, RefusedError, SettingError
from stripe_connector import Stripe
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Fault, SandboxRequest
from stripe_connector.settings import read_settings

from tests.stripe_connector.workbench import Workbench, refusal, response, send, sent

OTHER_MODE = Fault(
    404,
    "invalid_request_error",
    "No such customer: 'cus_1'; a similar object exists in live mode, but a test mode key was used "
    "to make this request.",
    "resource_missing",
)


async def test_what_is_there_in_the_other_mode_is_not_gone(bench: Workbench) -> None:
    async def refuse(request: SandboxRequest) -> Fault:
        return OTHER_MODE

    bench.sandbox.on_request = refuse
    target = await bench.target("delete", "customers", missing="ok")
    (call,) = bench.calls(target, {"id": "cus_1"})
    for each in (call, sent(call)):
        (outcome,) = await send(target, [each])
        assert outcome.kind == "refused"
        assert outcome.problem is not None
        assert outcome.problem.code == "wrong_mode"
    (settled,) = await target.settle([sent(call)])
    assert settled is not None
    assert settled.kind == "unknown"
    for on, query in (("invoices", "customer:cus_1"), ("customers", "id:cus_1")):
        with pytest.raises(RefusedError, match="live mode"):
            await bench.read("search", on, query=query)


async def price(bench: Workbench) -> str:
    product = await bench.make("products", name="Plan")
    return await bench.make("prices", currency="eur", unit_amount=100, product=product)


async def payment(bench: Workbench) -> str:
    return await bench.make("payment_intents", amount=100, currency="eur")


async def draft(bench: Workbench) -> str:
    ada = await bench.make("customers", name="Ada")
    await bench.make("invoice_items", customer=ada, amount=100, currency="eur")
    return await bench.make("invoices", customer=ada, pending_invoice_items_behavior="include")


async def test_a_price_is_deactivated(bench: Workbench) -> None:
    name = await price(bench)
    (outcome,) = await bench.write("delete", "prices", {"id": name})
    assert (outcome.kind, outcome.id, response(outcome)["active"]) == ("written", name, False)
    target = await bench.target("delete", "prices")
    assert refusal(target, {"id": name, "active": True}).path == "active"
    assert refusal(target, {"id": name, "nickname": "x"}).path == "nickname"


async def test_a_payment_is_cancelled(bench: Workbench) -> None:
    name = await payment(bench)
    request = {"id": name, "cancellation_reason": "duplicate"}
    (outcome,) = await bench.write("delete", "payment_intents", request)
    assert (outcome.kind, response(outcome)["status"]) == ("written", "canceled")


async def test_invoices_have_two_ways(bench: Workbench) -> None:
    first, second = await draft(bench), await draft(bench)
    (outcome,) = await bench.write("delete", "invoices", {"id": first})
    assert response(outcome)["deleted"] is True
    await bench.write("update", "invoices", {"id": second}, action="finalize_invoice")
    (outcome,) = await bench.write("delete", "invoices", {"id": second}, action="void")
    assert response(outcome)["status"] == "void"


async def test_the_schema_says_whether_it_can_be_undone(bench: Workbench) -> None:
    async def note(on: str, action: str = "") -> str:
        return (await bench.connection.schemas(Activity("a", "delete", on, action))).note

    assert "To undo it, update it with active true." in await note("prices")
    assert "It can't be undone." in await note("customers")
    assert "can't be attached again" in await note("payment_methods")
    assert (await bench.connection.schemas(Activity("a", "create", "customers"))).note == ""


async def test_what_stripe_cannot_delete(bench: Workbench) -> None:
    (problem,) = await bench.connection.check(Activity("a", "delete", "charges"))
    assert problem.code == "not_deletable"
    assert problem.remedy == "Create a refund (refunds)."


async def test_gone_already_is_refused_unless_that_is_said(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    await bench.write("delete", "customers", {"id": ada})
    (outcome,) = await bench.write("delete", "customers", {"id": ada})
    assert outcome.kind == "refused"
    (outcome,) = await bench.write("delete", "customers", {"id": ada}, missing="ok")
    assert (outcome.kind, outcome.id, outcome.problem) == ("skipped", ada, None)


async def test_done_already_counts_as_gone(bench: Workbench) -> None:
    name = await payment(bench)
    await bench.write("delete", "payment_intents", {"id": name})
    (outcome,) = await bench.write("delete", "payment_intents", {"id": name})
    assert outcome.kind == "refused"
    (outcome,) = await bench.write("delete", "payment_intents", {"id": name}, missing="ok")
    assert (outcome.kind, outcome.id) == ("skipped", name)
    (outcome,) = await bench.write("delete", "payment_intents", {"id": "pi_no"}, missing="ok")
    assert outcome.kind == "skipped"


async def test_other_refusals_stay_refusals(bench: Workbench) -> None:
    name = await draft(bench)
    await bench.write("update", "invoices", {"id": name}, action="finalize_invoice")
    (outcome,) = await bench.write("delete", "invoices", {"id": name}, missing="ok")
    assert outcome.kind == "refused"
    target = await bench.target("delete", "payment_intents", missing="ok")
    (call,) = bench.calls(target, {"id": await payment(bench)})

    async def refuse(request: SandboxRequest) -> Fault | None:
        return Fault(400, "invalid_request_error", "No.")

    bench.sandbox.on_request = refuse
    assert [outcome.kind for outcome in await send(target, [call])] == ["refused"]


@pytest.mark.parametrize(("on", "make"), [("prices", price), ("payment_intents", payment)])
async def test_lost_answers_are_looked_up(bench: Workbench, on: str, make: Any) -> None:
    target = await bench.target("delete", on)
    done, never = bench.calls(target, {"id": await make(bench)}, {"id": await make(bench)})
    await send(target, [done])
    found, missing = await target.settle([sent(done), sent(never)])
    assert found is not None
    assert (found.kind, missing) == ("written", None)


async def test_what_expires_now_is_found_out(bench: Workbench) -> None:
    (made,) = await bench.write(
        "create",
        "tax.registrations",
        {"active_from": "now", "country": "IE", "country_options": {"ie": {"type": "ioss"}}},
    )
    other = await bench.make(
        "tax.registrations",
        active_from="now",
        country="IE",
        country_options={"ie": {"type": "ioss"}},
    )
    target = await bench.target("delete", "tax.registrations")
    done, never = bench.calls(target, {"id": made.id}, {"id": other})
    (outcome,) = await send(target, [done])
    assert outcome.kind == "written"
    found, missing = await target.settle([sent(done), sent(never)])
    assert found is not None
    assert (found.kind, missing) == ("written", None)


def live(**settings: Any) -> tuple[StripeConnection, Activity]:
    connection = StripeConnection(read_settings({"api_key": "sk_live_no_such"}), MemoryHost())
    return connection, Activity("a", "delete", "customers", "", settings)


async def test_live_accounts_lose_nothing_for_good_by_accident() -> None:
    connection, activity = live()
    (problem,) = await connection.check(activity)
    assert (problem.code, problem.path) == ("irreversible", "irreversible")
    assert "active subscriptions are cancelled" in problem.message
    with pytest.raises(SettingError, match="irreversible: allow"):
        await connection.target(activity)
    assert "can't be undone" in (await connection.schemas(activity)).note  # looking harms nobody
    assert await connection.check(live(irreversible="allow")[1]) == ()
    assert await connection.check(Activity("a", "delete", "prices")) == ()
    (problem,) = await connection.check(live(irreversible="yes")[1])
    assert problem.path == "irreversible"
    await connection.close()


async def test_from_python() -> None:
    async with Stripe("sk_live_no_such", address="http://127.0.0.1:9") as stripe:
        with pytest.raises(SettingError, match="can't be undone"):
            await stripe.delete("customers", "cus_1")
        with pytest.raises(SettingError, match="test key"):
            await stripe.delete("test_helpers.test_clocks", "clock_1")
    async with Stripe(address="sandbox") as stripe:
        made = await stripe.create("payment_intents", {"amount": 100, "currency": "eur"})
        reason = {"cancellation_reason": "duplicate"}
        gone = await stripe.delete("payment_intents", made["id"], reason)
        assert (gone["status"], gone["cancellation_reason"]) == ("canceled", "duplicate")
        assert await stripe.delete("payment_intents", made["id"], missing="ok") == {}
        product = await stripe.create("products", {"name": "Plan"})
        terms = {"currency": "eur", "unit_amount": 100, "product": product["id"]}
        price = await stripe.create("prices", terms)
        assert (await stripe.delete("prices", price["id"]))["active"] is False
        with pytest.raises(SettingError, match="active"):
            await stripe.delete("prices", price["id"], {"active": True})
        with pytest.raises(SettingError, match="one of refuse, ok"):
            await stripe.delete("prices", price["id"], missing="fine")


async def test_a_plan_says_what_cannot_be_undone(bench: Workbench) -> None:
    plan = await bench.connection.plan(Activity("a", "delete", "plans"), 3)
    assert plan.expected == 3
    assert plan.lines[0] == "DELETE /v1/plans/{plan}: 3 calls."
    assert "can't be undone" in plan.lines[1]
    usage = Activity("a", "create", "v2.billing.meter_event_stream")
    assert (await bench.connection.plan(usage, 250)).expected == 3
    assert "every 100 records" in (await bench.connection.plan(usage)).lines[0]
    assert (await bench.connection.plan(Activity("a", "create", "customers"), 250)).expected == 250
