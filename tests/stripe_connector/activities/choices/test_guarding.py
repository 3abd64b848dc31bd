"""Every operation that writes is classified, and what is guarded says how it concerns a request."""

from typing import Any

import pytest
from connector_sdk import JSON, Activity, Money
from connector_sdk.conform import conform
from stripe_connector.activities.choices.guarding import Guard, guard_of, guarded
from stripe_connector.activities.choices.offers import Offer, offer_for, offers
from stripe_connector.activities.choices.resolution import faults, resolve
from stripe_connector.activities.choices.verbs import TARGETS, is_test_helper, ways
from stripe_connector.catalogue import load, overlay, versions
from stripe_connector.catalogue.model import ApiCall

CATALOGUE = load()
STATED = overlay.read("guarded.json")


def classes(api_call: ApiCall) -> list[str]:
    """Where the data puts the operation."""
    found = [name for name in ("guarded", "harmless") if api_call.id in STATED[name]]
    way = any(each.action == api_call.action and not each.fixed for each in ways(api_call.object))
    if api_call.method == "DELETE" or way:
        found.append("deletion")
    if is_test_helper(api_call.object):
        found.append("test helper")
    if not found and api_call.action in ("create", "update"):
        found.extend(["plain"] * (api_call.object in STATED["plain"]))
    return found


@pytest.mark.parametrize("version", versions.shipped())
def test_every_api_call_that_writes_is_in_exactly_one_class(version: str) -> None:
    writes = [each for each in load(version).api_calls.values() if each.method != "GET"]
    unclear = {each.id: classes(each) for each in writes if len(classes(each)) != 1}
    unclear = {name: found for name, found in unclear.items() if set(found) != _TEST_DELETION}
    assert unclear == {}
    assert len(writes) > 250


_TEST_DELETION = {"deletion", "test helper"}
"""Test clocks are deleted with test keys only."""


def test_nothing_is_stated_of_what_there_is_not() -> None:
    every = {name: each for v in versions.shipped() for name, each in load(v).api_calls.items()}
    assert (STATED["guarded"].keys() | STATED["harmless"].keys()) - every.keys() == set()
    plain = {each.object for each in every.values() if classes(each) == ["plain"]}
    assert set(STATED["plain"]) == plain
    assert all(STATED["harmless"].values())


def test_parameters_that_decide_and_tell_exist_and_can_have_these_values() -> None:
    for name, stated in STATED["guarded"].items():
        fields: dict[str, Any] = {}
        for catalogue in map(load, (versions.shipped()[0], versions.shipped()[-1])):
            if name in catalogue.api_calls:
                for path, field in catalogue.request(catalogue.api_calls[name]).walk():
                    fields.setdefault(path, []).append(field)
        assert {stated.get(key) for key in ("amount", "currency")} - {None} <= fields.keys(), name
        for condition in (*stated.get("when", ()), *stated.get("unless", ())):
            for path, values in condition.items():
                for value in [] if values == "set" else values:
                    assert any(not conform(one, value).problems for one in fields[path]), name


def test_a_guard_has_a_reason() -> None:
    for name in STATED["guarded"]:
        api_call = CATALOGUE.api_calls[name]
        guard = guard_of(Offer("", api_call))
        assert guard is not None
        assert guard.note.endswith(".")
        assert guard.moves or not guard.undo or name == "accounts.reject"


@pytest.mark.parametrize(
    ("type", "on", "action", "moves"),
    [
        ("create", "refunds", "", True),
        ("create", "payouts", "", True),
        ("create", "transfers", "", True),
        ("create", "transfers.reversals", "", True),
        ("create", "charges", "", True),
        ("create", "topups", "", True),
        ("create", "treasury.outbound_payments", "", True),
        ("create", "v2.money_management.outbound_payments", "", True),
        ("update", "charges", "capture", True),
        ("update", "payment_intents", "capture", True),
        ("update", "payment_intents", "confirm", True),
        ("update", "payment_intents", "cancel", False),
        ("update", "invoices", "finalize", True),
        ("update", "invoices", "pay", True),
        ("update", "invoices", "void", False),
        ("update", "invoices", "send", False),
        ("update", "credit_notes", "void", False),
        ("update", "disputes", "close", True),
        ("update", "quotes", "accept", True),
        ("update", "v2.core.accounts", "close", False),
        ("delete", "customers", "", False),
        ("delete", "invoices", "void", False),
        ("delete", "subscriptions", "", False),
    ],
)
def test_what_is_asked_for(type: str, on: str, action: str, moves: bool) -> None:
    guard = guarded(CATALOGUE, offer_for(CATALOGUE, type, on, action, "live"))
    assert guard is not None
    assert guard.always
    assert guard.moves_money is moves
    activity = Activity("a", type, on, action)
    (warning,) = faults(CATALOGUE, activity, "live")
    assert warning == guard.refusal._replace(warning=True)
    for mode in ("test", "sandbox"):
        assert faults(CATALOGUE, activity, mode) == ()
        assert resolve(CATALOGUE, activity, mode).guard(CATALOGUE) is None
    allowed = Activity("a", type, on, action, {"irreversible": "allow"})
    assert faults(CATALOGUE, allowed, "live") == ()
    assert resolve(CATALOGUE, allowed, "live").guard(CATALOGUE) is None


@pytest.mark.parametrize(
    ("type", "on", "action"),
    [
        ("create", "products", ""),
        ("update", "prices", ""),
        ("create", "checkout.sessions", ""),
        ("delete", "prices", ""),
        ("update", "billing.meters", "reactivate"),
        ("update", "invoices", "add_lines"),
    ],
)
def test_what_is_not(type: str, on: str, action: str) -> None:
    assert guarded(CATALOGUE, offer_for(CATALOGUE, type, on, action, "live")) is None
    assert faults(CATALOGUE, Activity("a", type, on, action), "live") == ()


@pytest.mark.parametrize(
    ("type", "on", "request_", "concerned"),
    [
        ("create", "payment_intents", {"amount": 1, "currency": "eur"}, False),
        ("create", "payment_intents", {"amount": 1, "currency": "eur", "confirm": False}, False),
        ("create", "payment_intents", {"amount": 1, "currency": "eur", "confirm": True}, True),
        ("create", "invoices", {"customer": "cus_1"}, False),
        ("create", "invoices", {"auto_advance": True}, True),
        ("create", "customers", {"name": "Ada"}, False),
        ("create", "customers", {"balance": 0}, True),
        ("create", "customers", {"balance": None}, False),
        ("create", "subscriptions", {"customer": "cus_1"}, True),
        ("create", "subscriptions", {"collection_method": "send_invoice"}, False),
        ("create", "subscriptions", {"trial_period_days": 7}, False),
        ("update", "subscriptions", {"metadata": {}}, False),
        ("update", "subscriptions", {"items": []}, True),
        ("update", "subscriptions", {"billing_cycle_anchor": {"type": "now"}}, True),
        ("update", "subscriptions", {"billing_cycle_anchor": {"type": "unchanged"}}, False),
        ("update", "issuing.cards", {"status": "canceled"}, True),
        ("update", "issuing.cards", {"status": "active"}, False),
        ("update", "disputes", {"submit": False}, False),
        ("update", "disputes", {}, True),
    ],
)
def test_a_parameter_decides(
    type: str, on: str, request_: dict[str, JSON], concerned: bool
) -> None:
    guard = guarded(CATALOGUE, offer_for(CATALOGUE, type, on, "", "live"))
    assert guard is not None
    assert not guard.always
    assert guard.concerns(request_) is concerned
    if concerned:
        assert guard.can_concern(frozenset(request_), {})
        assert guard.can_concern(frozenset(), request_)


def test_only_fields_that_decide_can_concern() -> None:
    guard = guarded(CATALOGUE, offer_for(CATALOGUE, "create", "payment_intents", "", "live"))
    assert guard is not None
    assert not guard.can_concern(frozenset({"amount", "currency"}), {"confirm": False})
    assert guard.can_concern(frozenset({"amount", "confirm"}), {})
    assert "Where confirm is true: " in guard.refusal.message
    guard = guarded(CATALOGUE, offer_for(CATALOGUE, "create", "subscriptions", "", "live"))
    assert guard is not None
    assert guard.can_concern(frozenset(), {})
    assert not guard.can_concern(frozenset({"items"}), {"collection_method": "send_invoice"})
    assert "Unless collection_method is send_invoice or " in guard.refusal.message


@pytest.mark.parametrize(
    ("on", "request_", "money"),
    [
        ("payouts", {"amount": 500, "currency": "EUR"}, Money(500, "eur")),
        ("refunds", {"amount": 500}, Money(500, "")),
        ("refunds", {"charge": "ch_1"}, None),
        ("transfers.reversals", {"amount": 9, "currency": "jpy"}, Money(9, "jpy")),
        (
            "v2.money_management.outbound_payments",
            {"amount": {"value": 7, "currency": "usd"}},
            Money(7, "usd"),
        ),
    ],
)
def test_how_much(on: str, request_: dict[str, JSON], money: Money | None) -> None:
    guard = guarded(CATALOGUE, offer_for(CATALOGUE, "create", on, "", "live"))
    assert guard is not None
    assert guard.money(request_) == money


def test_what_an_update_underneath_does_is_guarded_by_any_name() -> None:
    for name, actions in offers(CATALOGUE, "delete", "live").items():
        for offer in actions.values():
            if offer.way is None or offer.way.undo or offer.api_call.method == "DELETE":
                continue
            guard = guarded(CATALOGUE, Offer(offer.api_call.action, offer.api_call))
            assert guard is not None, name
            assert guard.concerns(dict(offer.constants))


@pytest.mark.parametrize("version", versions.shipped())
def test_an_action_has_one_name(version: str) -> None:
    catalogue = load(version)
    names: dict[tuple[str, str], set[str]] = {}
    for kind in TARGETS:
        for actions in offers(catalogue, kind, "test").values():
            for offer in actions.values():
                key = (offer.api_call.id, str(offer.constants))
                names.setdefault(key, set()).add(offer.action)
    assert {key: found for key, found in names.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["void", "void_invoice"])
@pytest.mark.parametrize("type", ["update", "delete"])
def test_the_name_of_the_sdk_is_accepted(type: str, name: str) -> None:
    offer = offer_for(CATALOGUE, type, "invoices", name, "live")
    assert (offer.api_call.id, offer.action) == ("invoices.void_invoice", "void")


def test_conditions_in_words() -> None:
    guard = Guard(note="X.", when=[{"a": [True], "b": "set"}, {"c": ["x", "y"]}])
    assert guard.told() == ("Where a is true and b is given or c is x or y: X. It can't be undone.")
    assert Guard(moves=True, note="X.", undo="do Y").told() == "X. To undo it, do Y."
