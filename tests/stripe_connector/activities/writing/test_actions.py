"""Actions beside create and update, through a real sandbox: done, and found out after a lost
answer."""

import json

import pytest
from connector_sdk import Activity, Body, Request, SettingError, one_problem
from stripe_connector import Stripe
from stripe_connector.activities.choices.offers import offer_for
from stripe_connector.activities.choices.verbs import is_test_helper
from stripe_connector.catalogue import load
from stripe_connector.sandbox import Fault, SandboxRequest

from tests.stripe_connector.workbench import Workbench, prepared, response, send, sent


async def card_payment(bench: Workbench) -> str:
    """A payment that waits for its capture."""
    return await bench.make(
        "payment_intents",
        amount=1000,
        currency="eur",
        payment_method="pm_card_visa",
        capture_method="manual",
        confirm=True,
    )


async def test_a_capture(bench: Workbench) -> None:
    name = await card_payment(bench)
    request = {"id": name, "amount_to_capture": 700}
    (outcome,) = await bench.write("update", "payment_intents", request, action="capture")
    done = response(outcome)
    assert (outcome.id, done["status"], done["amount_received"]) == (name, "succeeded", 700)


async def test_captures_are_proved_by_state_and_amount(bench: Workbench) -> None:
    target = await bench.target("update", "payment_intents", "capture")
    first, second = [await card_payment(bench) for _ in "ab"]
    done, never = bench.calls(target, {"id": first, "amount_to_capture": 700}, {"id": second})
    assert done.body.lock == first
    await send(target, [done])
    partial = {"id": second, "final_capture": False}
    other, again = bench.calls(target, {"id": first, "amount_to_capture": 300}, partial)
    settled = await target.settle([sent(done), sent(never), sent(other), sent(again), done])
    assert settled[0] is not None
    assert (settled[0].kind, settled[0].id) == ("written", first)
    assert settled[1:3] == [None, None]
    assert settled[3] is not None
    assert settled[3].problem is not None
    assert (settled[3].kind, settled[3].problem.code) == ("unknown", "unsettled")
    assert settled[4] is None


async def test_what_shows_nowhere_stays_unknown(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    invoice = await bench.make("invoices", customer=ada)
    target = await bench.target("update", "invoices", "send_invoice")
    (call,) = bench.calls(target, {"id": invoice})
    (outcome,) = await target.settle([sent(call)])
    assert outcome is not None
    assert outcome.kind == "unknown"


async def test_a_payment_that_may_be_under_way_is_never_sent_again(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    invoice = await bench.make("invoices", customer=ada)
    target = await bench.target("update", "invoices", "pay")
    (call,) = bench.calls(target, {"id": invoice})
    (outcome,) = await target.settle([sent(call)])
    assert outcome is not None
    assert outcome.kind == "unknown"


async def test_an_object_that_may_not_be_read_leaves_it_unknown(bench: Workbench) -> None:
    target = await bench.target("update", "payment_intents", "capture")
    (call,) = bench.calls(target, {"id": await card_payment(bench)})

    async def refuse(request: SandboxRequest) -> Fault | None:
        return Fault(400, "invalid_request_error", "No.") if request.method == "GET" else None

    bench.sandbox.on_request = refuse
    (outcome,) = await target.settle([sent(call)])
    assert outcome is not None
    assert outcome.kind == "unknown"


async def test_previews_may_be_repeated(bench: Workbench) -> None:
    target = await bench.target("create", "invoices", "create_preview")
    (call,) = bench.calls(target, {"customer": "cus_1"})
    assert await target.settle([sent(call)]) == [None]


async def test_creates_that_begin_with_an_object_wait_for_each_other(bench: Workbench) -> None:
    target = await bench.target("create", "payouts", "reverse")
    body = prepared(target, {"id": "po_1"})
    assert (body.lock, body.action) == ("po_1", "payouts.reverse")
    assert json.loads(body.json)["marker"] is True


async def test_every_action_prepares_its_ids(bench: Workbench) -> None:
    """Each write of the catalogue, with nothing but ids, is either a body for exactly that path
    or tells which parameter is missing."""
    catalogue = load()
    for kind in ("create", "update", "delete"):
        for row in await bench.connection.choices(kind, [""]):
            for action in await bench.connection.choices(kind, ["", row.id]):
                offer = offer_for(catalogue, kind, row.id, action.id, "test")
                target = await bench.target(kind, row.id, action.id)
                schema = (
                    await bench.connection.schemas(Activity("a", kind, row.id, action.id))
                ).request
                ids = {field.name: "x_1" for field in schema.fields if field.in_path}
                found = target.prepare(Request(json.dumps(ids).encode()))
                missing = {field.name for field in schema.fields if field.required} - ids.keys()
                if missing:
                    assert not isinstance(found, Body)
                    assert one_problem(found).path in missing, offer.api_call.id
                    continue
                assert isinstance(found, Body)
                stored = json.loads(found.json)
                assert stored["operation"] == offer.api_call.id
                assert len(stored["path"]) == len(offer.api_call.path_parameters)
                assert offer.constants.items() <= stored["params"].items()


async def test_from_python() -> None:
    async with Stripe(address="sandbox") as stripe:
        made = await stripe.create(
            "payment_intents",
            {
                "amount": 1000,
                "currency": "eur",
                "payment_method": "pm_card_visa",
                "capture_method": "manual",
            },
        )
        held = await stripe.update("payment_intents", made["id"], action="confirm")
        assert held["status"] == "requires_capture"
        done = await stripe.update("Payment intents", made["id"], action="capture")
        assert done["status"] == "succeeded"
        own = await stripe.read("accounts", action="retrieve_current")
        assert own["object"] == "account"
        with pytest.raises(SettingError, match="Did you mean 'capture'"):
            await stripe.update("payment_intents", made["id"], action="captur")
        with pytest.raises(SettingError, match="amount_details"):
            await stripe.update("payment_intents", made["id"], {"amount": 1}, action="capture")


def test_test_helpers_are_known_by_their_name() -> None:
    assert is_test_helper("v2.money_management.test_helpers.financial_addresses")
    assert not is_test_helper("customers")
