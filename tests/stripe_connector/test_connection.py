"""Testing a connection, its scope, its choices and its schemas."""

import asyncio
import json
from typing import Any

import pytest
from connector_sdk import (
    JSON,
    Activity,
    CredentialError,
    MemoryHost,
    SettingError,
    UnreachableError,
    json_schema,
)
from stripe_connector import Stripe
from stripe_connector.activities.choices.verbs import parents_of, verb_of
from stripe_connector.catalogue import load
from stripe_connector.connection import StripeConnection
from stripe_connector.sandbox import Fault, Sandbox, SandboxRequest
from stripe_connector.settings import read_settings

from tests.stripe_connector.workbench import Workbench, send

_WRITES = ("create", "update", "delete")

FORBIDDEN = Fault(
    403,
    "invalid_request_error",
    "The provided key 'rk_test_***nch' does not have the required permissions for this endpoint "
    "on account 'acct_1'. Having the 'rak_accounts_kyc_basic_read' permission would allow this "
    "request to continue.",
)
UNKNOWN_KEY = Fault(401, "invalid_request_error", "Invalid API Key provided: sk_test_*****nch")
NO_ACCOUNT = Fault(
    403,
    "invalid_request_error",
    "The provided key 'sk_test_***nch' does not have access to account 'acct_2' (or that account "
    "does not exist). Application access may have been revoked.",
    "account_invalid",
)
OLD_VERSION = Fault(400, "invalid_request_error", "Invalid Stripe API version: 1999-01-01")


def answer(sandbox: Sandbox, fault: Fault) -> None:
    """Lets every request end so."""

    async def always(request: SandboxRequest) -> Fault | None:
        return fault

    sandbox.on_request = always


def connection(sandbox: Sandbox, **more: JSON) -> StripeConnection:
    values: dict[str, JSON] = {"api_key": "rk_test_bench", "address": sandbox.address, "retries": 0}
    return StripeConnection(read_settings({**values, **more}), MemoryHost())


async def test_a_key_that_works(bench: Workbench) -> None:
    tested = await bench.connection.test()
    assert tested.ok
    assert tested.account == bench.sandbox.account
    assert (tested.mode, tested.api_version) == ("sandbox", load().api_version)
    assert tested.milliseconds > 0
    assert bench.sandbox.requests.total() == 1


async def test_401_refutes_the_key(bench: Workbench) -> None:
    answer(bench.sandbox, UNKNOWN_KEY)
    tested = await bench.connection.test()
    assert not tested.ok
    assert tested.problem is not None
    assert tested.problem.code == "invalid_api_key"
    assert "sk_test" not in repr(tested)
    with pytest.raises(CredentialError):
        await bench.connection.scope()


async def test_403_proves_the_key_and_names_the_permission(bench: Workbench) -> None:
    answer(bench.sandbox, FORBIDDEN)
    tested = await bench.connection.test()
    assert tested.ok
    assert (tested.account, tested.problem) == ("", None)
    assert "rak_accounts_kyc_basic_read" in tested.note
    assert "account_must_be" in tested.note


async def test_another_accounts_403_is_no_proof(bench: Workbench) -> None:
    answer(bench.sandbox, NO_ACCOUNT)
    tested = await bench.connection.test()
    assert not tested.ok
    assert tested.problem is not None
    assert tested.problem.code == "account_invalid"


async def test_a_refused_version(bench: Workbench) -> None:
    answer(bench.sandbox, OLD_VERSION)
    tested = await bench.connection.test()
    assert tested.problem is not None
    assert (tested.ok, tested.problem.code) == (False, "invalid_api_version")


async def test_a_pin_has_its_own_catalogue_and_stays_what_is_sent(bench: Workbench) -> None:
    old = connection(bench.sandbox, api_version="2025-01-27.acacia")
    assert old.catalogue.api_version == "2024-09-30.acacia"
    assert "subscription_items.usage_records" in old.catalogue.objects
    tested = await old.test()
    await old.close()
    assert (tested.ok, tested.api_version, tested.note) == (True, "2025-01-27.acacia", "")


async def test_a_pin_older_than_all_catalogues_is_told(bench: Workbench) -> None:
    old = connection(bench.sandbox, api_version="2020-08-27")
    tested = await old.test()
    await old.close()
    assert (tested.ok, tested.api_version) == (True, "2020-08-27")
    assert "older than the oldest catalogue" in tested.note


async def test_nobody_there(bench: Workbench) -> None:
    await bench.sandbox.stop()
    tested = await bench.connection.test()
    assert tested.problem is not None
    assert (tested.ok, tested.problem.code) == (False, "connection_refused")
    with pytest.raises(UnreachableError):
        await bench.connection.scope()


async def test_an_answer_that_is_not_an_account(bench: Workbench) -> None:
    answer(bench.sandbox, Fault(404, "invalid_request_error", "Unrecognized request URL"))
    tested = await bench.connection.test()
    assert not tested.ok
    assert tested.problem is not None
    with pytest.raises(UnreachableError):
        await bench.connection.scope()


async def test_another_account_than_the_pinned_one(bench: Workbench) -> None:
    pinned = connection(bench.sandbox, account_must_be="acct_other")
    tested = await pinned.test()
    assert not tested.ok
    assert tested.problem is not None
    assert bench.sandbox.account in tested.problem.message
    assert "acct_other" in tested.problem.message
    with pytest.raises(CredentialError):
        await pinned.scope()
    await pinned.close()


async def test_a_key_of_another_account_reads_and_writes_nothing(bench: Workbench) -> None:
    made = await bench.make("customers", name="Ada")
    pinned = connection(bench.sandbox, account_must_be="acct_other")
    source = await pinned.source(Activity("a", "search", "customers"))
    target = await pinned.target(Activity("a", "delete", "customers"))
    with pytest.raises(CredentialError):
        await anext(source.read(None))
    with pytest.raises(CredentialError):
        await send(target, bench.calls(target, {"id": made}))
    await pinned.close()
    settings: dict[str, Any] = {"api_key": "sk_test_own", "address": bench.sandbox.address}
    async with Stripe(**settings, account_must_be="acct_other") as stripe:
        with pytest.raises(CredentialError):
            await stripe.create("customers", {"name": "Eve"})
    assert [each["name"] for each in await bench.read("search", "customers")] == ["Ada"]
    async with Stripe(**settings, account_must_be=bench.sandbox.account) as stripe:
        before = bench.sandbox.requests.total()
        await asyncio.gather(*(stripe.create("customers", {"name": "Eve"}) for _ in range(3)))
        assert bench.sandbox.requests.total() == before + 4
        stream = stripe._opened.meter_stream
        assert len(set(await asyncio.gather(stream(), stream()))) == 1


async def test_scope_asks_once(bench: Workbench) -> None:
    expected = f"{bench.sandbox.account}/sandbox"
    assert [await bench.connection.scope() for _ in range(3)] == [expected] * 3
    assert bench.sandbox.requests.total() == 1


async def test_scope_of_a_key_that_may_not_read_its_account(bench: Workbench) -> None:
    answer(bench.sandbox, FORBIDDEN)
    pinned = connection(bench.sandbox, account_must_be="acct_1")
    assert await pinned.scope() == "acct_1/sandbox"
    await pinned.close()
    restricted = connection(bench.sandbox)
    with pytest.raises(CredentialError) as error:
        await restricted.scope()
    await restricted.close()
    assert error.value.problem.path == "account_must_be"
    assert "rak_" in error.value.problem.message


async def test_scope_of_a_connected_account_needs_no_call(bench: Workbench) -> None:
    connected = connection(bench.sandbox, account="acct_7")
    assert await connected.scope() == "acct_7/sandbox"
    await connected.close()
    assert bench.sandbox.requests.total() == 0


async def test_opening_makes_no_call_and_closing_may_be_repeated(bench: Workbench) -> None:
    other = connection(bench.sandbox)
    await other.close()
    await other.close()
    assert bench.sandbox.requests.total() == 0


async def test_choices_come_from_the_whole_catalogue(bench: Workbench) -> None:
    choices = bench.connection.choices
    sections = await choices("search", [])
    assert [row.label for row in sections[:2]] == ["Core resources", "Payment methods"]
    rows = await choices("search", [""])
    assert len(rows) > 130
    assert {"customers", "customers.tax_ids", "billing.meters", "v2.core.accounts"} <= {
        row.id for row in rows
    }
    assert [row.id for row in rows] == [
        row.id for section in sections for row in await choices("search", [section.id])
    ]
    labels = {row.id: row.label for row in await choices("search", ["Billing"])}
    assert labels["customers.tax_ids"] == "Customer › Tax IDs"
    actions = await choices("search", ["core", "customers"])
    assert {row.id for row in actions} == {"list", "search"}
    assert all(row.help for row in actions)
    assert await choices("search", ["core", "customers", "list"]) == ()
    deletes = await choices("delete", ["", "subscriptions"])
    assert "cancel" in {row.id for row in deletes}
    with pytest.raises(SettingError, match="Did you mean 'core'"):
        await choices("search", ["cor"])
    with pytest.raises(SettingError, match="no activity type"):
        await bench.connection.choices("serach", [])


async def test_labels_are_accepted_for_objects(bench: Workbench) -> None:
    for name in ("Customers / Tax ids", "billing › customer › tax IDs", "Customer › Tax IDs"):
        activity = Activity("a", "create", name)
        assert await bench.connection.check(activity) == ()
        assert (await bench.connection.schemas(activity)).request.name == "customers.tax_ids.create"


async def test_every_choice_has_settings_and_schemas(bench: Workbench) -> None:
    for kind in ("search", "read", "create", "update", "delete"):
        rows = await bench.connection.choices(kind, [""])
        assert len(rows) > 20, kind
        for row in rows:
            actions = await bench.connection.choices(kind, ["", row.id])
            assert actions, f"{kind} {row.id} leads to nothing"
            for action in actions:
                form = bench.connection.settings(kind, ["", row.id, action.id])
                names = [setting.name for setting in form.fields]
                assert len(set(names)) == len(names)
                schemas = await bench.connection.schemas(Activity("a", kind, row.id, action.id))
                assert schemas.call, f"{kind} {row.id} {action.id} calls nothing"
                given = schemas.response
                if kind in ("search", "read"):
                    assert given.fields or given.any_of or given.items, f"{row.id} gives nothing"


async def test_schemas_of_a_source_and_a_target(bench: Workbench) -> None:
    source = await bench.connection.schemas(Activity("a", "search", "customers"))
    assert source.response.child("email") is not None
    assert source.minor_units["jpy"] == 0
    target = await bench.connection.schemas(
        Activity("a", "update", "customers.cash_balance", "update")
    )
    first = target.request.fields[0]
    assert (first.name, first.in_path, first.required) == ("customer", True, True)
    assert target.request.child("expand") is None
    assert json_schema(target.request)["type"] == "object"
    constant: dict[str, JSON] = {"parents": {"customer": "cus_1"}}
    fixed = await bench.connection.schemas(
        Activity("a", "create", "customers.tax_ids", "", constant)
    )
    parent = fixed.request.child("customer")
    assert parent is not None
    assert not parent.required


@pytest.mark.parametrize(
    ("activity", "code", "said"),
    [
        (("search", "custmers", "", {}), "unknown_object", "customers"),
        (("create", "balance", "", {}), "no_such_action", "retrieve"),
        (("create", "customers", "lst", {}), "unknown_action", "create"),
        (("search", "coupons", "", {"query": "nmae:'b'"}), "unknown_field", "Did you mean 'name'"),
        (("search", "customers", "search", {"query": "a:1 (b:2)"}), "wrong_query", "action out"),
        (("search", "customers", "search", {"query": "a:1"}), "unknown_search_field", "'a'"),
        (("search", "customers", "", {"query": "email:${x}"}), "unbound_value", "${x}"),
        (("search", "customers", "", {"fields": ["emial"]}), "unknown_field", "'email'"),
        (("search", "customers", "search", {}), "missing_field", "query"),
        (("search", "customers", "", {"expand": ["a.b.c.d.e"]}), "wrong_expand", "a.b.c.d.e"),
        (("search", "customers", "", {"expand": ["data.subscription"]}), "wrong_expand",
         "subscriptions"),
        (("read", "invoices", "", {"ids": "in_1", "expand": ["customer.default_sauce"]}),
         "wrong_expand", "default_source"),
        (("read", "customers", "", {"ids": ["cus_1", ""]}), "missing_field", "ids"),
        (("read", "customers.tax_ids", "", {"ids": "txi_1", "parents": {"customer": ".."}}),
         "missing_field", "customer"),
        (("read", "billing.credit_balance_summary", "", {}), "missing_field", "parameters.filter"),
        (("update", "customers", "", {"concurrency": 101}), "out_of_range", "100"),
        (("delete", "customers", "", {"marker": True}), "unknown_field", "marker"),
    ],
)  # fmt: skip
async def test_check(
    bench: Workbench, activity: tuple[str, str, str, dict[str, Any]], code: str, said: str
) -> None:
    kind, on, action, settings = activity
    problems = await bench.connection.check(Activity("a", kind, on, action, settings))
    assert code in [problem.code for problem in problems]
    assert said in json.dumps([problem.text() for problem in problems])
    assert bench.sandbox.requests.total() == 0


async def test_paths_that_can_be_expanded(bench: Workbench) -> None:
    paths: list[JSON] = [
        "customer",
        "customer.default_source.customer",
        "data.customer.tax_ids.data.customer",
        "lines.data.discounts",
        "total_count",
    ]
    activity = Activity("a", "search", "invoices", "list", {"expand": paths})
    assert await bench.connection.check(activity) == ()


async def test_a_fault_in_a_query_has_its_span(bench: Workbench) -> None:
    activity = Activity("a", "search", "customers", "", {"query": "email:'a"})
    (problem,) = await bench.connection.check(activity)
    assert problem.span is not None
    assert problem.span[0] >= 6


async def test_a_source_is_no_target(bench: Workbench) -> None:
    with pytest.raises(SettingError, match="can't be the source"):
        await bench.connection.source(Activity("a", "create", "customers"))
    with pytest.raises(SettingError, match="can't be the target"):
        await bench.connection.target(Activity("a", "search", "customers"))


def test_parents_correspond_in_all_api_calls_of_an_object() -> None:
    """What a create or an update names in its path is enough to read, list and update it."""
    catalogue = load()
    for api_call in catalogue.api_calls.values():
        for action in ("update", "list", "retrieve"):
            other = catalogue.api_calls.get(f"{api_call.object}.{action}")
            writes = api_call.action != "detach" and verb_of(api_call) in _WRITES
            if writes and other is not None:
                assert len(parents_of(api_call)) == len(parents_of(other)), api_call.id
