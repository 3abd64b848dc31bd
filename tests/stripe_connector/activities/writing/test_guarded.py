"""What moves money or can't be undone is refused on a live account, by activity and from Python.

The sandbox takes no live key, so the settings only say that theirs is one."""

from typing import Any

import pytest
from connector_sdk import Activity, Body, SettingError
from stripe_connector import Stripe
from stripe_connector.settings import ConnectionSettings

from tests.stripe_connector.workbench import Workbench, prepared, refusal

PAYMENT = {"amount": 100, "currency": "eur"}


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConnectionSettings, "mode", "live")


@pytest.fixture
def on_live(bench: Workbench) -> Workbench:
    bench.connection.mode = "live"
    return bench


@pytest.mark.parametrize(
    ("type", "on", "action"),
    [
        ("create", "refunds", ""),
        ("update", "invoices", "pay"),
        ("update", "invoices", "void_invoice"),
        ("update", "payment_intents", "capture"),
        ("update", "payment_intents", "cancel"),
        ("delete", "payment_intents", ""),
    ],
)
async def test_an_activity_needs_leave(type: str, on: str, action: str, on_live: Workbench) -> None:
    activity = Activity("a", type, on, action)
    guard = await on_live.connection.guard(activity)
    assert guard is not None
    assert await on_live.connection.check(activity) == (guard.refusal._replace(warning=True),)
    with pytest.raises(SettingError) as caught:
        await on_live.connection.target(activity)
    assert caught.value.problems == (guard.refusal,)
    assert guard.refusal.code == guard.refusal.path == "irreversible"
    allowed = Activity("a", type, on, action, {"irreversible": "allow"})
    assert await on_live.connection.guard(allowed) is None
    await on_live.connection.target(allowed)


async def test_looking_harms_nobody(on_live: Workbench) -> None:
    activity = Activity("a", "create", "refunds")
    assert "Money goes back" in (await on_live.connection.schemas(activity)).note
    assert "Money goes back" in (await on_live.connection.plan(activity, 2)).lines[-1]


async def test_where_a_parameter_decides_single_requests_are_refused(on_live: Workbench) -> None:
    target = await on_live.target("create", "payment_intents")
    assert isinstance(prepared(target, PAYMENT), Body)
    assert isinstance(prepared(target, {**PAYMENT, "confirm": False}), Body)
    for given in (True, "true"):
        problem = refusal(target, {**PAYMENT, "confirm": given})
        assert problem.code == "irreversible"
    target = await on_live.target("create", "payment_intents", irreversible="allow")
    assert isinstance(prepared(target, {**PAYMENT, "confirm": True}), Body)


async def test_an_update_instead_of_a_create_is_guarded_as_an_update(on_live: Workbench) -> None:
    target = await on_live.target("create", "subscriptions")
    request = {"collection_method": "send_invoice", "days_until_due": 7}
    priced = {**request, "items": [{"price": "price_1"}]}
    assert isinstance(prepared(target, priced), Body)
    assert isinstance(prepared(target, request, "sub_1"), Body)
    assert refusal(target, priced, "sub_1").code == "irreversible"


async def test_test_keys_are_not_asked(bench: Workbench) -> None:
    assert await bench.connection.guard(Activity("a", "create", "refunds")) is None
    target = await bench.target("create", "payment_intents")
    assert isinstance(prepared(target, {**PAYMENT, "confirm": True}), Body)


@pytest.mark.usefixtures("live")
async def test_from_python() -> None:
    allow: dict[str, Any] = {"irreversible": "allow"}
    async with Stripe(address="sandbox") as stripe:
        paid = {**PAYMENT, "confirm": True, "payment_method": "pm_card_visa"}
        with pytest.raises(SettingError, match="Money is taken") as caught:
            await stripe.create("payment_intents", paid)
        assert 'irreversible="allow"' in caught.value.problem.remedy
        made = await stripe.create("payment_intents", PAYMENT)
        assert made["status"] == "requires_payment_method"
        done = await stripe.create("payment_intents", paid, **allow)
        assert done["status"] == "succeeded"
        refund = {"payment_intent": done["id"]}
        with pytest.raises(SettingError, match="Money goes back"):
            await stripe.create("refunds", refund)
        assert (await stripe.create("refunds", refund, **allow))["amount"] == 100
        with pytest.raises(SettingError, match="can't be undone"):
            await stripe.update("payment_intents", made["id"], action="cancel")
        with pytest.raises(SettingError, match="can't be undone"):
            await stripe.delete("payment_intents", made["id"])
        ended = await stripe.update("payment_intents", made["id"], action="cancel", **allow)
        assert ended["status"] == "canceled"
        with pytest.raises(SettingError, match="one of refuse, allow"):
            await stripe.create("refunds", refund, irreversible="yes")
        ada = await stripe.create("customers", {"name": "Ada"})
        with pytest.raises(SettingError, match="Where balance is given"):
            await stripe.update("customers", ada["id"], {"balance": -100})
        assert (await stripe.update("customers", ada["id"], {"name": "A"}))["name"] == "A"


async def test_one_name_of_an_action_from_python() -> None:
    async with Stripe(address="sandbox") as stripe:
        actions = stripe.objects()["invoices"]
        assert "void" in actions
        assert "void_invoice" not in actions
        schema = stripe.schema("invoices", "void")
        assert schema.request == stripe.schema("invoices", "void_invoice").request
