"""Every action of the catalogue that is no create, retrieve, update, delete, list or search:
carried out in a state that allows it, refused in one that doesn't, and never an answer that the
catalogue doesn't have."""

from typing import Any

import pytest
from connector_sdk import JSON
from stripe_connector.activities.writing.answers import effect_of
from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox.dispatch import ACTIONS, UNDONE
from stripe_connector.sandbox.verbs import transitions

from tests.stripe_connector.battery import shape
from tests.stripe_connector.battery.maker import CATALOGUE, OFF_SITE, Maker
from tests.stripe_connector.sandbox.direct import REGISTRY

GENERIC = {"create", "retrieve", "update", "delete", "list", "search"}
ALL = [each for each in CATALOGUE.api_calls.values() if each.action not in GENERIC]
ELSEWHERE = {"sources.detach"}
"""Its path belongs to another operation too."""

DONE = [each for each in ALL if each.id not in UNDONE and each.id not in ELSEWHERE]

_ADDRESS: JSON = {"line1": "1 St", "city": "X", "country": "US", "postal_code": "1"}
_SHIPPING: JSON = {"name": "Ada", "address": _ADDRESS}

BEGUN: dict[str, dict[str, JSON]] = {
    "charges.capture": {"capture": False},
    "invoices.send_invoice": {"collection_method": "send_invoice", "days_until_due": 3},
    "payment_intents.capture": {"capture_method": "manual"},
    "payment_intents.increment_authorization": {"capture_method": "manual"},
    **{
        f"test_helpers.issuing.cards.{each}_card": {"shipping": _SHIPPING}
        for each in ("deliver", "fail", "return", "ship", "submit")
    },
}
"""What the object has to be created with, so that the action is allowed."""

BEFORE: dict[str, tuple[str, ...]] = {
    "billing.alerts.activate": ("billing.alerts.deactivate",),
    "billing.meters.reactivate": ("billing.meters.deactivate",),
    "invoices.void_invoice": ("invoices.finalize_invoice",),
    "invoice_rendering_templates.unarchive": ("invoice_rendering_templates.archive",),
    "payment_intents.capture": ("payment_intents.confirm",),
    "payment_intents.increment_authorization": ("payment_intents.confirm",),
    "payment_methods.detach": ("payment_methods.attach",),
    "quotes.accept": ("quotes.finalize_quote",),
    "subscriptions.resume": ("subscriptions.pause",),
    "test_helpers.issuing.cards.return_card": ("test_helpers.issuing.cards.ship_card",),
    "test_helpers.terminal.readers.present_payment_method": (
        "terminal.readers.process_payment_intent",
    ),
    "test_helpers.terminal.readers.succeed_input_collection": ("terminal.readers.collect_inputs",),
    "test_helpers.terminal.readers.timeout_input_collection": ("terminal.readers.collect_inputs",),
    "test_helpers.treasury.inbound_transfers.return_inbound_transfer": (
        "test_helpers.treasury.inbound_transfers.succeed",
    ),
    "v2.core.event_destinations.enable": ("v2.core.event_destinations.disable",),
    "v2.core.vault.gb_bank_accounts.unarchive": ("v2.core.vault.gb_bank_accounts.archive",),
    "v2.core.vault.us_bank_accounts.unarchive": ("v2.core.vault.us_bank_accounts.archive",),
    "v2.money_management.payout_methods.unarchive": ("v2.money_management.payout_methods.archive",),
}
"""What has to be done to the object first."""

STATES: dict[str, dict[str, JSON]] = {
    "payment_intents.verify_microdeposits": {"status": "requires_action"},
    "payouts.reverse": {"status": "paid"},
    "refunds.cancel": {"status": "requires_action"},
    "setup_intents.verify_microdeposits": {"status": "requires_action"},
    "test_helpers.refunds.expire": {"status": "requires_action"},
    "v2.core.vault.us_bank_accounts.send_microdeposits": {"verification": {"status": "unverified"}},
}
"""States that time or a bank brings, which the sandbox doesn't have: set by the test."""

BILLED = {"invoices.remove_lines", "invoices.update_lines", "invoices.void_invoice"}
"""Actions on an invoice that has a line."""

NEVER = {
    "customers.delete_discount": "No active discount for customer: ",
    "subscriptions.delete_discount": "No active discount for subscription: ",
}
"""What is always refused, because there are no discounts."""


def ready(maker: Maker, api_call: ApiCall) -> tuple[dict[str, str], dict[str, JSON]]:
    """An object in a state that allows the action, and the action's parameters."""
    maker.begun = BEGUN.get(api_call.id, {})
    path = maker.parents(api_call)
    maker.begun = {}
    params = maker.request(api_call)
    if api_call.id in BILLED:
        line = maker.line(path["invoice"])
        if "lines" in params:
            params["lines"] = [{"behavior": "delete", "id": line}]
            if api_call.id == "invoices.update_lines":
                params["lines"] = [{"id": line, "amount": 5}]
    if api_call.id in ("apps.secrets.find", "apps.secrets.delete_where"):
        maker.make(CATALOGUE.api_call("apps.secrets", "create"))
    if api_call.id.startswith("tax.transactions."):
        params |= _taxed(maker, api_call)
    for step in BEFORE.get(api_call.id, ()):
        first = CATALOGUE.api_calls[step]
        on = dict(zip(first.path_parameters, path.values(), strict=True))
        status, body = maker.call(first, on, maker.request(first))
        assert status == 200, body
    if api_call.id in STATES:
        maker.sandbox.put([*path.values()][-1], STATES[api_call.id])
    return path, params


def _taxed(maker: Maker, api_call: ApiCall) -> dict[str, JSON]:
    params: dict[str, JSON] = {"calculation": maker.new("tax.calculation")}
    if api_call.action == "create_from_calculation":
        return params
    record = CATALOGUE.api_call("tax.transactions", "create_from_calculation")
    status, body = maker.call(record, {}, {**params, "reference": "r"})
    assert status == 200, body
    return {"original_transaction": body["id"]}


@pytest.mark.parametrize("api_call", DONE, ids=lambda each: each.id)
def test_an_action_is_carried_out(api_call: ApiCall) -> None:
    maker = Maker()
    path, params = ready(maker, api_call)
    status, body = maker.call(api_call, path, params)
    if api_call.id in NEVER:
        assert (status, body["error"]["code"]) == (404, "resource_missing")
        assert body["error"]["message"].startswith(NEVER[api_call.id])
        return
    assert status == 200, body
    if api_call.shape == "binary":
        assert body.startswith(b"%PDF")
        return
    assert shape.faults(api_call, body) == []
    rule = transitions().get(api_call.id, {})
    for name, value in rule.get("to", {}).items():
        if not (isinstance(value, str) and "{" in value):
            assert at(body, name) == value, name
    for name in rule.get("at", ()):
        assert at(body, name)
    effect = effect_of(api_call.id)
    if effect and effect.done:
        assert effect.proved(body, params), "what a lost answer is settled by is not to be seen"
    own = api_call.path if api_call.method == "DELETE" else api_call.path.rpartition("/")[0]
    found = CATALOGUE.find("GET", own.format(**path)) if path else None
    if found and found[0].returns == api_call.returns and not body.get("deleted"):
        reading = maker.call(found[0], found[1])
        if "reverse" not in api_call.action:
            assert reading == (200, body)


ONCE = [
    each for each in DONE if (effect := effect_of(each.id)) and effect.done and not effect.again
]


@pytest.mark.parametrize("api_call", ONCE, ids=lambda each: each.id)
def test_a_repeat_is_refused_or_changes_nothing(api_call: ApiCall) -> None:
    """What the connector relies on when it sends a lost action once more."""
    maker = Maker()
    path, params = ready(maker, api_call)
    status, first = maker.call(api_call, path, params)
    assert status == 200, first
    status, body = maker.call(api_call, path, params)
    if status == 200:
        assert body == first
    else:
        assert body["error"]["type"] == "invalid_request_error"
        effect = effect_of(api_call.id)
        assert effect is not None
        assert effect.proved(first, params)


@pytest.mark.parametrize("api_call", DONE, ids=lambda each: each.id)
def test_an_action_is_refused_where_nothing_is(api_call: ApiCall) -> None:
    if not api_call.path_parameters:
        pytest.skip("it names no object in its path")
    maker = Maker()
    path = maker.parents(api_call)
    params = maker.request(api_call)
    path[api_call.path_parameters[-1]] = "nobody"
    before = maker.sandbox.everything()
    status, body = maker.call(api_call, path, params)
    assert (status, body["error"]["code"]) == (404, "resource_missing")
    assert maker.sandbox.everything() == before


@pytest.mark.parametrize("name", sorted(transitions()))
def test_what_a_state_does_not_allow_is_refused(name: str) -> None:
    """In any other state of the object: a sane error, and nothing is changed."""
    api_call = CATALOGUE.api_calls[name]
    for field, allowed in transitions()[name].get("from", {}).items():
        schema = _field(api_call, field)
        others: list[JSON] = [each for each in schema.choices if each not in allowed]
        if schema.type == "boolean":
            others = [each for each in (True, False) if each not in allowed]
        for other in others:
            maker = Maker()
            path, params = ready(maker, api_call)
            *above, last = field.split(".")
            state: JSON = {last: other}
            for step in reversed(above):
                state = {step: state}
            assert isinstance(state, dict)
            maker.sandbox.put([*path.values()][-1], state)
            before = maker.sandbox.everything()
            status, body = maker.call(api_call, path, params)
            error = body["error"]
            assert (status, error["type"]) == (400, "invalid_request_error")
            assert f"because its {field} is " in error["message"]
            assert maker.sandbox.everything() == before


def _field(api_call: ApiCall, path: str) -> Any:
    *_, resource = dict(REGISTRY.plan(api_call).holders).values()
    schema = CATALOGUE.resource(resource or api_call.returns).schema
    for step in path.split("."):
        found = schema.child(step)
        assert found is not None, (api_call.id, path)
        schema = found
    return schema


@pytest.mark.parametrize("name", sorted(transitions()))
def test_states_are_those_of_the_catalogue(name: str) -> None:
    rule = transitions()[name]
    api_call = CATALOGUE.api_calls[name]
    states = [(path, value) for path, values in rule.get("from", {}).items() for value in values]
    states += [*rule.get("to", {}).items(), *rule.get("add", {}).items()]
    for path, value in states:
        field = _field(api_call, path)
        if isinstance(value, str) and value.startswith("{"):
            assert _parameter(api_call, value.strip("{}")) is not None
        elif field.choices and value is not None:
            assert value in field.choices, (path, value)
    for path in rule.get("at", ()):
        assert _field(api_call, path).name.endswith("_at")


def _parameter(api_call: ApiCall, path: str) -> Any:
    field = CATALOGUE.request(api_call)
    for step in path.split("."):
        found = field.child(step)
        assert found is not None, (api_call.id, path)
        field = found
    return field


def at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body[step]
    return body


@pytest.mark.parametrize("name", sorted(UNDONE))
def test_what_would_be_wrong_is_refused(name: str) -> None:
    api_call = CATALOGUE.api_calls[name]
    maker = Maker()
    status, body = maker.call(api_call, dict.fromkeys(api_call.path_parameters, "x_1"))
    assert status == 404
    why = f"Stripe has this one ({name}); the sandbox does not do it: {UNDONE[name]}."
    assert body["error"]["message"].endswith(why)


def test_every_action_is_tried_or_listed() -> None:
    known = {each.id for each in ALL}
    assert len(known) == 151
    assert UNDONE.keys() <= CATALOGUE.api_calls.keys()
    assert not UNDONE.keys() & (ACTIONS.keys() | transitions().keys())
    carried_out = ACTIONS.keys() | transitions().keys()
    assert known <= carried_out | UNDONE.keys()
    assert len(DONE) == 133
    assert CATALOGUE.api_calls.keys() >= OFF_SITE
