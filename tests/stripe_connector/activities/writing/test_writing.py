"""Create, Update and Delete through a real sandbox."""

import json

import pytest
from connector_sdk import (
    Body,
    Call,
    CredentialError,
    Outcome,
    Request,
    UnreachableError,
)
from stripe_connector.activities.writing.request import MARKER
from stripe_connector.sandbox import Fault, SandboxRequest

from tests.stripe_connector.workbench import (
    Workbench,
    handed,
    prepared,
    refusal,
    response,
    send,
    sent,
)


async def test_create_writes_and_marks(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    (call,) = bench.calls(target, {"email": "ada@example.com", "metadata": {"crm_id": "17"}})
    (outcome,) = await send(target, [call])
    assert outcome.kind == "written"
    assert outcome.id == response(outcome)["id"]
    assert outcome.request_id.startswith("req_")
    assert response(outcome)["metadata"] == {"crm_id": "17", MARKER: call.key}


async def test_the_marker_can_be_left_out(bench: Workbench) -> None:
    (outcome,) = await bench.write("create", "customers", {"name": "Ada"}, marker=False)
    assert response(outcome)["metadata"] == {}


async def test_a_repeat_with_the_same_key_is_replayed(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    calls = bench.calls(target, {"name": "Ada"})
    (first,) = await send(target, calls)
    (again,) = await send(target, [sent(calls[0])])
    assert (first.replayed, again.replayed) == (False, True)
    assert again.id == first.id
    assert len(await bench.read("search", "customers")) == 1


async def test_numbers_and_texts_are_mended_by_the_schema(bench: Workbench) -> None:
    (outcome,) = await bench.write(
        "create", "customers", {"balance": "-500", "phone": 123, "address": {"city": "Linz"}}
    )
    made = response(outcome)
    assert (made["balance"], made["phone"], made["address"]["city"]) == (-500, "123", "Linz")


async def test_bad_requests_are_problems_before_anything_is_sent(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    before = bench.sandbox.requests.total()
    assert refusal(target, {"emial": "a"}).path == "emial"
    assert "email" in refusal(target, {"emial": "a"}).remedy
    assert refusal(target, {"balance": "much"}).path == "balance"
    assert refusal(target, {"expand": ["x"]}).code == "unknown_field"
    assert refusal(target, {"metadata": {"a[b]": "c"}}).code == "wrong_metadata_key"
    assert refusal(target, {"metadata": {"a": "c" * 501}}).path == "metadata.a"
    many = {"metadata": {f"k{n}": "v" for n in range(51)}}
    assert refusal(target, many).code == "too_many"
    assert bench.sandbox.requests.total() == before


async def test_full_metadata_leaves_no_room_for_the_marker(bench: Workbench) -> None:
    metadata = {f"k{n}": "v" for n in range(50)}
    (outcome,) = await bench.write("create", "customers", {"metadata": metadata})
    assert response(outcome)["metadata"] == metadata


async def test_nested_objects_with_the_parent_in_each_request(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    request = {"customer": ada, "type": "eu_vat", "value": "DE123456789"}
    (outcome,) = await bench.write("create", "customers.tax_ids", request)
    assert response(outcome)["customer"] == ada
    (gone,) = await bench.write("delete", "customers.tax_ids", {"customer": ada, "id": outcome.id})
    assert response(gone)["deleted"] is True


async def test_nested_objects_with_a_constant_parent(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    request = {"type": "eu_vat", "value": "DE123456789"}
    (outcome,) = await bench.write(
        "create", "customers.tax_ids", request, parents={"customer": ada}
    )
    assert response(outcome)["customer"] == ada
    target = await bench.target("create", "customers.tax_ids")
    assert refusal(target, request).path == "customer"


async def test_expand_in_the_answer_of_a_write(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    (outcome,) = await bench.write(
        "create",
        "payment_intents",
        {"amount": 100, "currency": "eur", "customer": ada},
        expand=["customer"],
    )
    assert response(outcome)["customer"]["name"] == "Ada"
    target = await bench.target("create", "customers", expand=["default_source"])
    for existing in ("", ada):
        stored = json.loads(prepared(target, {"name": "Ada"}, existing).json)
        assert stored["params"] == {"name": "Ada", "expand": ["default_source"]}


async def test_update_changes_and_clears(bench: Workbench) -> None:
    ada = await bench.make(
        "customers", name="Ada", address={"city": "Linz"}, metadata={"a": "1", "b": "2"}
    )
    (outcome,) = await bench.write(
        "update", "customers", {"id": ada, "address": "", "metadata": {"a": "", "c": "3"}}
    )
    changed = response(outcome)
    assert (outcome.id, changed["name"], changed["address"]) == (ada, "Ada", None)
    assert {"b": "2", "c": "3"}.items() <= changed["metadata"].items()
    assert "a" not in changed["metadata"]


async def test_an_unknown_id_is_refused(bench: Workbench) -> None:
    (outcome,) = await bench.write("update", "customers", {"id": "cus_nobody", "name": "A"})
    assert outcome.kind == "refused"
    assert outcome.problem is not None
    assert outcome.problem.code == "resource_missing"
    assert outcome.request_id == outcome.problem.request_id != ""


@pytest.mark.parametrize("id", ["", ".", "..", None])
async def test_ids_that_could_reach_another_path(bench: Workbench, id: str | None) -> None:
    target = await bench.target("delete", "customers")
    assert refusal(target, {"id": id}).path == "id"


async def test_delete_is_written_once(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    target = await bench.target("delete", "customers")
    (call,) = bench.calls(target, {"id": ada})
    assert call.body.lock == ada
    (outcome,) = await send(target, [call])
    assert (outcome.kind, outcome.id) == ("written", ada)
    (again,) = await send(target, [call])
    assert again.kind == "refused"
    (resent,) = await send(target, [sent(call)])
    assert (resent.kind, resent.open) == ("refused", True)
    (settled,) = await target.settle([sent(call)])
    assert settled is not None
    assert (settled.kind, settled.id) == ("written", ada)


async def test_cancelling_a_subscription_is_its_delete(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    price = await bench.make(
        "prices",
        currency="eur",
        unit_amount=100,
        product=await bench.make("products", name="Plan"),
        recurring={"interval": "month"},
    )
    terms = {"collection_method": "send_invoice", "days_until_due": 30}
    made = await bench.make("subscriptions", customer=ada, items=[{"price": price}], **terms)
    (outcome,) = await bench.write("delete", "subscriptions", {"id": made})
    assert response(outcome)["status"] == "canceled"


async def test_prepare_for_an_existing_object_is_its_update(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    ada = await bench.make("customers", name="Ada")
    body = prepared(target, {"name": "Grace"}, existing=ada)
    assert (body.action, body.lock) == ("customers.update", ada)
    (outcome,) = await send(target, [Call(1, 1, "k", 1, None, body)])
    assert (outcome.id, response(outcome)["name"]) == (ada, "Grace")


async def test_an_update_needs_nothing_that_only_a_create_needs(bench: Workbench) -> None:
    target = await bench.target("create", "prices")
    product = await bench.make("products", name="Tea")
    price = await bench.make("prices", product=product, currency="eur", unit_amount=5)
    assert refusal(target, {"nickname": "new"}).code == "missing_field"
    body = prepared(target, {"nickname": "new"}, existing=price)
    (outcome,) = await send(target, [Call(1, 1, "k", 1, None, body)])
    assert (outcome.id, response(outcome)["nickname"]) == (price, "new")


async def test_another_id_does_not_lead_an_update_elsewhere(bench: Workbench) -> None:
    target = await bench.target("create", "products")
    problem = refusal(target, {"id": "prod_other", "name": "Tea"}, existing="prod_1")
    assert (problem.code, problem.path) == ("not_updatable", "id")
    assert "`only: create`" in problem.remedy


async def test_what_an_update_does_not_take_is_named(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    problem = refusal(target, {"test_clock": "clock_1", "name": "A"}, existing="cus_1")
    assert (problem.code, problem.path) == ("not_updatable", "test_clock")
    assert "test_clock" in problem.message
    nested = await bench.target("create", "customers.tax_ids")
    request = {"customer": "cus_1", "type": "eu_vat", "value": "DE1"}
    assert refusal(nested, request, existing="txi_1").code == "not_updatable"
    assert refusal(target, {"nam": "A"}, existing="cus_1").code == "unknown_field"


async def test_the_body_is_json_and_always_the_same(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    one = target.prepare(Request(b'{"name":"Ada","email":"a@b.c"}'))
    two = target.prepare(Request(b'{ "email" : "a@b.c", "name" : "Ada" }'))
    assert one == two
    assert isinstance(one, Body)
    assert json.loads(one.json) == {
        "operation": "customers.create",
        "path": {},
        "params": {"email": "a@b.c", "name": "Ada"},
        "marker": True,
    }


async def test_a_refused_key_stops_with_calls_pending(bench: Workbench) -> None:
    target = await bench.target("create", "customers", concurrency=2)
    calls = bench.calls(target, *({"name": f"n{n}"} for n in range(20)))

    async def refuse(request: SandboxRequest) -> Fault | None:
        if request.method == "POST" and bench.sandbox.requests["POST /v1/customers"] > 5:
            return Fault(401, "invalid_request_error", "Invalid API Key provided: sk_test_*nch")
        return None

    bench.sandbox.on_request = refuse
    outcomes: list[Outcome] = []
    with pytest.raises(CredentialError) as caught:
        async for outcome in target.write(handed(calls)):
            outcomes.append(outcome)
    assert caught.value.problem.code == "invalid_api_key"
    assert len(outcomes) == 5
    assert {outcome.kind for outcome in outcomes} == {"written"}
    assert bench.sandbox.requests["POST /v1/customers"] <= 7


async def test_a_lost_answer_is_repeated_with_the_same_key(bench: Workbench) -> None:
    lost: list[int] = []

    async def drop_once(request: SandboxRequest) -> Fault | None:
        if request.method == "POST" and not lost:
            lost.append(request.number)
            return Fault(drop=True)
        return None

    bench.sandbox.on_answer = drop_once
    (outcome,) = await bench.write("create", "customers", {"name": "Ada"})
    assert (outcome.kind, outcome.replayed) == ("written", True)
    assert len(await bench.read("search", "customers")) == 1


async def test_an_answer_lost_for_good_is_unknown(bench: Workbench) -> None:
    async def fail(request: SandboxRequest) -> Fault | None:
        headers = {"Stripe-Should-Retry": "false"}
        return Fault(500, headers=headers) if request.method == "POST" else None

    bench.sandbox.on_answer = fail
    (outcome,) = await bench.write("create", "customers", {"name": "Ada"})
    assert outcome.kind == "unknown"
    assert outcome.problem is not None
    bench.sandbox.on_answer = None
    assert len(await bench.read("search", "customers")) == 1


async def test_nobody_there_raises(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    calls = bench.calls(target, {"name": "Ada"})
    await bench.sandbox.stop()
    with pytest.raises(UnreachableError):
        await send(target, calls)


async def test_a_stopping_host_takes_nothing_new(bench: Workbench) -> None:
    target = await bench.target("create", "customers", concurrency=1)
    calls = bench.calls(target, *({"name": f"n{n}"} for n in range(5)))
    outcomes = []
    async for outcome in target.write(handed(calls)):
        outcomes.append(outcome)
        bench.host.stop()
    assert len(outcomes) == 1


async def test_ends_without_position(bench: Workbench) -> None:
    target = await bench.target("create", "customers")
    assert target.guarantee == "keyed"
    assert target.horizon == 72_000
    assert await target.position() == b""
    await target.finish(True)


async def test_v2_keys_last_longer(bench: Workbench) -> None:
    target = await bench.target("create", "v2.core.event_destinations")
    assert target.horizon == 29 * 86_400


async def test_the_path_is_quoted(bench: Workbench) -> None:
    (outcome,) = await bench.write("update", "customers", {"id": "cus/../x", "name": "A"})
    assert outcome.kind == "refused"
    assert outcome.problem is not None
    assert outcome.problem.code == "resource_missing"
