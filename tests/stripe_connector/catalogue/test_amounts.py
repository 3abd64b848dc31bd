"""Stripe's rules for amounts: what is stated agrees with itself and with every API version."""

import pytest
from stripe_connector.catalogue import Catalogue, load, minor_units, versions
from stripe_connector.catalogue.amounts import (
    amount_decimals,
    amount_rules,
    lasting,
    owner_of,
    owners,
    sends_currency,
)
from stripe_connector.catalogue.overlay import read

DATA = read("amounts.json")


@pytest.fixture(params=versions.shipped())
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    return load(request.param)


def test_amounts_are_parameters_in_minor_units(catalogue: Catalogue) -> None:
    for name, stated in DATA["amounts"].items():
        api_call = catalogue.api_calls.get(name)
        if api_call is None:
            continue
        request = catalogue.request(api_call)
        for path in stated:
            field = request.child(path)
            assert field is None or field.format == "minor-units", (name, path)


def test_owners_are_named_by_parameters_and_have_a_currency(catalogue: Catalogue) -> None:
    for name in DATA["existing"]:
        api_call = catalogue.api_calls.get(name)
        if api_call is None:
            continue
        request = catalogue.request(api_call)
        for owner in owners(name):
            assert request.child(owner.by) is not None, (name, owner.by)
            reads = catalogue.api_calls[owner.read]
            assert len(reads.path_parameters) == 1
            currency = catalogue.response(reads).child("currency")
            assert currency is not None, owner.read
            assert currency.format == "currency"
        assert sends_currency(name) == (request.child("currency") is not None)


def test_everything_stated_is_of_the_newest_version() -> None:
    newest = load()
    named = {*DATA["amounts"], *DATA["existing"], *DATA["lasting"], *DATA["sent"]}
    assert named <= set(newest.api_calls)
    reads = {owner.read for name in DATA["existing"] for owner in owners(name)}
    assert {each for each in reads if lasting(each)} == set(DATA["lasting"])


def test_every_amount_for_an_existing_object_has_its_currency_checked() -> None:
    """A charge, a payment intent, an invoice … that a request names has the say, unless the
    request itself does."""
    newest = load()
    left = set()
    for api_call in newest.api_calls.values():
        request = newest.request(api_call)
        amounts = [each.name for each in request.fields if each.format == "minor-units"]
        said = any(each.format == "currency" for each in request.fields)
        if api_call.method == "POST" and amounts and not said and not owners(api_call.id):
            left.add(api_call.id)
    test_helpers = {each for each in left if each.startswith("test_helpers.")}
    assert left - test_helpers == {
        "customers.create",  # the balance is in a currency that nobody may know yet
        "customers.update",
        "quotes.create",
    }


def test_currencies_are_known_and_steps_are_powers_of_ten() -> None:
    units = minor_units()
    for kind in DATA["kinds"].values():
        steps = {**DATA["whole"], **kind["steps"]}
        assert set(steps) | set(kind.get("minimum", {})) <= set(units)
        assert set(kind.get("maximum", {})) - {""} <= set(units)
        for currency, step in steps.items():
            assert str(step).rstrip("0") == "1"
            assert len(str(step)) - 1 <= units[currency]


@pytest.mark.parametrize(
    ("api_call", "decimals"),
    [
        ("charges.create", {"isk": 0, "ugx": 0, "kwd": 2, "bhd": 2, "jod": 2, "omr": 2, "tnd": 2}),
        ("payouts.create", {"isk": 0, "ugx": 0, "huf": 0, "twd": 0}),
        ("prices.create", {"isk": 0, "ugx": 0}),
    ],
)
def test_decimals_of_an_api_call(api_call: str, decimals: dict[str, int]) -> None:
    assert amount_decimals(api_call) == decimals


def test_limits() -> None:
    rule = amount_rules("payment_intents.create")["amount"]
    assert (rule.most("usd"), rule.most("idr"), rule.most("inr")) == (
        99_999_999,
        999_999_999_999,
        999_999_999,
    )
    assert (rule.minimum["usd"], rule.minimum["gbp"], rule.minimum["huf"]) == (50, 30, 17_500)
    assert amount_rules("refunds.create")["amount"].most("usd") is None
    assert amount_rules("customers.create") == {}


def test_the_first_object_that_is_named_has_the_say() -> None:
    both = {"charge": "ch_1", "payment_intent": "pi_1"}
    assert owner_of("refunds.create", both) == owners("refunds.create")[0]
    assert owner_of("refunds.create", {"charge": "", "payment_intent": "pi_1"}) is not None
    assert owner_of("refunds.create", {"customer": "cus_1"}) is None
