"""Every operation has one home, and every choice leads somewhere."""

import pytest
from connector_sdk import Activity, SettingError
from stripe_connector.activities.choices.choosing import rows
from stripe_connector.activities.choices.offers import offer_for, offers
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.choices.verbs import TYPES, is_test_helper, own_id, verb_of
from stripe_connector.catalogue import load, overlay, versions

CATALOGUE = load()
KINDS = [kind.name for kind in TYPES]


@pytest.mark.parametrize("version", versions.shipped())
def test_every_api_call_is_reached_from_exactly_one_type(version: str) -> None:
    catalogue = load(version)
    homes: dict[str, list[str]] = {
        name: [] for name in (*catalogue.api_calls, *catalogue.additions)
    }
    for kind in KINDS:
        for section in rows(catalogue, kind, [], "test"):
            for row in rows(catalogue, kind, [section.id], "test"):
                for action in offers(catalogue, kind, "test")[row.id]:
                    offer = offer_for(catalogue, kind, row.id, action, "test")
                    if verb_of(offer.api_call) == kind:
                        homes[offer.api_call.id].append(kind)
    assert {name: kinds for name, kinds in homes.items() if len(kinds) != 1} == {}
    assert len(homes) >= 518


def test_what_is_at_home_somewhere_else_is_there_to_delete() -> None:
    for kind in KINDS:
        for actions in offers(CATALOGUE, kind, "test").values():
            for offer in actions.values():
                assert (offer.way is not None) == (kind == "delete")
                assert verb_of(offer.api_call) == kind or offer.way is not None


@pytest.mark.parametrize(
    ("api_call", "kind"),
    [
        ("customers.list", "search"),
        ("customers.search", "search"),
        ("balance.retrieve", "read"),
        ("quotes.pdf", "read"),
        ("accounts.retrieve_current", "read"),
        ("invoices.create_preview", "create"),
        ("tax.transactions.create_reversal", "create"),
        ("payouts.reverse", "create"),
        ("test_helpers.issuing.transactions.create_force_capture", "create"),
        ("payment_intents.capture", "update"),
        ("invoices.void_invoice", "update"),
        ("payment_methods.attach", "update"),
        ("tax.settings.update", "update"),
        ("payment_methods.detach", "delete"),
        ("subscriptions.cancel", "delete"),
        ("apps.secrets.delete_where", "delete"),
    ],
)
def test_homes(api_call: str, kind: str) -> None:
    assert verb_of(CATALOGUE.api_calls[api_call]) == kind


def test_stated_homes_are_exceptions_indeed() -> None:
    homes = overlay.read("activities.json")["homes"]
    for name, home in homes.items():
        api_call = CATALOGUE.api_calls[name]
        assert home["type"] in KINDS
        ruled = "update" if api_call.path_parameters else "create"
        assert api_call.method == "POST"
        assert home["type"] != ruled, name


@pytest.mark.parametrize(
    ("api_call", "own"),
    [
        ("invoices.pay", "invoice"),
        ("customers.payment_sources.verify", "id"),
        ("customers.cash_balance.update", ""),
        ("treasury.financial_accounts.features.update", ""),
        ("test_helpers.issuing.cards.ship_card", "card"),
        ("quotes.pdf", "quote"),
        ("payouts.reverse", "payout"),
        ("customers.tax_ids.create", ""),
        ("customers.delete_discount", "customer"),
    ],
)
def test_own_ids_of_actions(api_call: str, own: str) -> None:
    assert own_id(CATALOGUE.api_calls[api_call]) == own


def test_nothing_happens_to_an_object_by_default() -> None:
    for name, actions in offers(CATALOGUE, "update", "test").items():
        if "update" not in actions:
            with pytest.raises(SettingError, match=next(iter(actions))) as caught:
                offer_for(CATALOGUE, "update", name, "", "test")
            assert caught.value.problem.code == "missing_action"


def test_actions_by_what_an_update_does_underneath() -> None:
    with pytest.raises(SettingError, match="Did you mean 'deactivate'"):
        offer_for(CATALOGUE, "delete", "prices", "update", "test")


def test_live_keys_see_no_test_helpers() -> None:
    for kind in KINDS:
        assert not any(map(is_test_helper, offers(CATALOGUE, kind, "live")))
        assert any(map(is_test_helper, offers(CATALOGUE, kind, "sandbox")))
    activity = Activity("a", "delete", "test_helpers.test_clocks")
    resolve(CATALOGUE, activity, "sandbox")
    with pytest.raises(SettingError, match="test key") as caught:
        resolve(CATALOGUE, activity, "live")
    assert caught.value.problem.code == "test_helper"


def test_actions_of_other_versions() -> None:
    old = load("2025-02-24.acacia")
    with pytest.raises(SettingError) as caught:
        offer_for(old, "update", "subscriptions", "pause", "test")
    assert caught.value.problem.code == "newer_api_version"
    assert caught.value.problem.path == "action"
