"""The connector as it is found, its form, and what the settings come to."""

import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

import pytest
from connector_sdk import CONTRACT, ENTRY_POINTS, Connector, MemoryHost, SettingError
from stripe_connector.catalogue import load
from stripe_connector.connector import StripeConnector
from stripe_connector.settings import connection_form, read_settings

LIVE = "sk_live_abcdef123456"


def test_found_by_its_entry_point() -> None:
    (found,) = [entry for entry in entry_points(group=ENTRY_POINTS) if entry.name == "stripe"]
    connector: Connector = found.load()()
    assert (connector.name, connector.contract) == ("stripe", CONTRACT)
    assert [kind.name for kind in connector.activity_types()] == [
        "search",
        "read",
        "create",
        "update",
        "delete",
    ]
    assert [kind.role for kind in connector.activity_types()] == ["source"] * 2 + ["target"] * 3


def test_the_form() -> None:
    fields = {field.name: field for field in connection_form().fields}
    assert list(fields) == [
        "api_key",
        "account",
        "api_version",
        "address",
        "proxy",
        "timeout",
        "retries",
        "account_must_be",
    ]
    assert [name for name, field in fields.items() if field.secret] == ["api_key", "proxy"]
    assert fields["api_version"].default == load().api_version
    assert not [field for field in fields.values() if not (field.label and field.description)]


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({"api_key": "sk_live_1"}, "live"),
        ({"api_key": "rk_live_1"}, "live"),
        ({"api_key": "sk_test_1"}, "test"),
        ({"api_key": "rk_test_live_1"}, "test"),
        ({"api_key": "rk_test_1", "address": "https://stripe.example"}, "test"),
        ({"api_key": "sk_test_1", "address": "http://127.0.0.1:1"}, "sandbox"),
        ({"api_key": "sk_test_1", "address": "http://localhost:1"}, "sandbox"),
        ({"address": "sandbox"}, "sandbox"),
    ],
)
async def test_mode_is_known_without_a_call(settings: dict[str, Any], mode: str) -> None:
    connection = await StripeConnector().connect(settings, MemoryHost())
    assert connection.mode == mode
    await connection.close()


@pytest.mark.parametrize(
    ("settings", "path", "said"),
    [
        ({}, "api_key", "no API key"),
        ({"api_key": ""}, "api_key", "no API key"),
        ({"api_key": "pk_test_abc"}, "api_key", "publishable"),
        ({"api_key": "${env:KEY}"}, "api_key", "not filled in"),
        ({"api_key": "hunter2hunter2"}, "api_key", "none of the forms"),
        ({"api_key": ["sk_test_abcdef"]}, "api_key", "text"),
        ({"api_key": "sk_test_1", "proxy": 5}, "proxy", "text"),
        ({"api_key": "sk_test_1", "proxy": "user:pw@nowhere"}, "proxy", "proxy"),
        ({"api_key": "sk_test_1", "acount": "acct_1"}, "acount", "account"),
        ({"api_key": "sk_test_1", "account": "me"}, "account", "acct_"),
        ({"api_key": "sk_test_1", "account_must_be": "me"}, "account_must_be", "acct_"),
        ({"api_key": "sk_test_1", "api_version": "newest"}, "api_version", "2026"),
        ({"api_key": "sk_test_1", "timeout": 0}, "timeout", "0.1"),
        ({"api_key": "sk_test_1", "retries": 99}, "retries", "20"),
        ({"api_key": "sk_test_1", "retries": "many"}, "retries", "whole number"),
        ({"api_key": "sk_test_1", "address": "ftp://x"}, "address", "https://"),
        ({"api_key": LIVE, "address": "http://stripe.example"}, "address", "TLS"),
    ],
)
async def test_wrong_settings(settings: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        await StripeConnector().connect(settings, MemoryHost())
    (problem,) = [each for each in caught.value.problems if each.path == path]
    assert said in problem.text()
    secret = settings.get("api_key")
    if isinstance(secret, str) and len(secret) > 9:
        assert secret not in repr(caught.value) + str(caught.value)
    assert "sk_test_abcdef" not in repr(caught.value)


def test_several_faults_are_told_at_once() -> None:
    with pytest.raises(SettingError) as caught:
        read_settings({"api_key": "x", "account": "y", "account_must_be": "z"})
    assert [problem.path for problem in caught.value.problems] == [
        "api_key",
        "account",
        "account_must_be",
    ]


def test_no_secret_in_a_repr() -> None:
    settings = read_settings({"api_key": LIVE, "proxy": "http://user:hunter2@proxy:8080"})
    for shown in (repr(settings), repr(settings.for_client(""))):
        assert LIVE not in shown
        assert "hunter2" not in shown


def test_the_sandbox_is_not_asked_through_a_proxy() -> None:
    settings = read_settings({"api_key": "sk_test_1", "proxy": "http://proxy:8080"})
    assert settings.for_client("").proxy == "http://proxy:8080"
    assert settings.for_client("http://127.0.0.1:12111").proxy == ""


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, stripe_connector, stripe_connector.connector as c\n"
        "from stripe_connector import Stripe\n"
        "Stripe('sk_test_1')\n"
        "c.StripeConnector()\n"
        "heavy = {'aiohttp', 'sqlalchemy', 'dbos', 'connector_agent', 'stripe',\n"
        "         'stripe_connector.catalogue', 'stripe_connector.sandbox'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_other_names_are_no_part_of_the_package() -> None:
    import stripe_connector

    with pytest.raises(AttributeError):
        _ = stripe_connector.Strip
