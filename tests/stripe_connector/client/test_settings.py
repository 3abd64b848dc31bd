from collections.abc import Mapping

import pytest
from stripe_connector.catalogue import load
from stripe_connector.client import Settings
from stripe_connector.client.settings import limit_hit, limits_of

LIVE = Settings("sk_live_x")
TEST = Settings("rk_test_x")


def _named(api_call: str, settings: Settings) -> dict[str, float]:
    return {
        limit.name: limit.per_second for limit in limits_of(load().api_calls[api_call], settings)
    }


@pytest.mark.parametrize(
    ("api_call", "settings", "limits"),
    [
        ("customers.create", LIVE, {"account": 100, "POST /v1/customers": 25}),
        ("customers.create", TEST, {"account": 25, "POST /v1/customers": 25}),
        (
            "customers.search",
            LIVE,
            {"account": 100, "GET /v1/customers/search": 25, "search": 20},
        ),
        ("files.create", LIVE, {"account": 100, "POST /v1/files": 25, "files": 20}),
        ("payouts.create", LIVE, {"account": 100, "POST /v1/payouts": 15}),
        ("billing.meter_events.create", LIVE, {"POST /v1/billing/meter_events": 1000}),
    ],
)
def test_each_call_falls_under_its_limits(
    api_call: str, settings: Settings, limits: Mapping[str, float]
) -> None:
    assert _named(api_call, settings) == limits


def test_payouts_have_a_ceiling_in_flight() -> None:
    limits = limits_of(load().api_calls["payouts.create"], LIVE)
    assert [limit.in_flight for limit in limits] == [0, 30]


def test_numbers_can_be_overridden_and_lifted() -> None:
    settings = Settings("sk_live_x", limits={"account": 500, "endpoint": 0, "payouts.create": 3})
    assert _named("customers.create", settings) == {"account": 500}
    assert _named("payouts.create", settings) == {"account": 500, "POST /v1/payouts": 3}


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.0.0.2"]
)
def test_a_sandbox_on_this_machine_has_none_but_those_set(address: str) -> None:
    assert _named("customers.search", Settings("sk_test_x", address=address)) == {}
    settings = Settings("sk_test_x", address=address, limits={"search": 5})
    assert _named("customers.search", settings) == {"search": 5}


@pytest.mark.parametrize("address", ["http://127.0.0.1.example.com", "http://127.example.com"])
def test_a_name_that_only_looks_local_is_not(address: str) -> None:
    assert not Settings("sk_test_x", address=address).local("api")


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("global-rate", "account"),
        ("global-concurrency", "account"),
        ("endpoint-rate", "POST /v1/customers"),
        ("endpoint-concurrency", "POST /v1/customers"),
        ("resource-specific", ""),
        ("", "account"),
    ],
)
def test_a_429_names_the_limit_that_it_hit(reason: str, name: str) -> None:
    assert limit_hit(load().api_calls["customers.create"], reason) == name


def test_settings_hide_what_is_secret() -> None:
    settings = Settings("sk_live_abc", account="acct_1", proxy="http://u:pw@p:1")
    assert "sk_live_abc" not in repr(settings) + settings.pace_scope()
    assert "pw" not in repr(settings)
    assert settings.pace_scope() != Settings("sk_live_abc").pace_scope()
    assert Settings("sk", scope="acct_1/live").pace_scope() == "acct_1/live"


def test_hosts_fall_back_to_the_one_address() -> None:
    assert Settings("k").base("files") == "https://files.stripe.com"
    assert Settings("k", address="http://h/").base("meter_events") == "http://h"
    assert Settings("k", address="http://h", files_address="http://f").base("files") == "http://f"
