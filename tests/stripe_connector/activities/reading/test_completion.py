"""Lists in records, completed; against the sandbox, and against answers that it never gives."""

import json
from typing import Any, cast

import pytest
from connector_sdk import JSON, Activity, MemoryHost, Record, SettingError
from stripe_connector.activities.choices.expansion import own_lists
from stripe_connector.activities.choices.resolution import resolve
from stripe_connector.activities.reading.completion import Completion
from stripe_connector.catalogue import load
from stripe_connector.client import Client
from stripe_connector.sandbox.request import Fault, SandboxRequest

from tests.stripe_connector.activities.scripted import Scripted
from tests.stripe_connector.workbench import Workbench, all_pages, records

LINES = "GET /v1/invoices/{invoice}/lines"


async def invoice(bench: Workbench, lines: int) -> str:
    """An invoice with that many lines."""
    customer = await bench.make("customers", name="Ada")
    made = await bench.make("invoices", customer=customer, currency="eur")
    item = {"customer": customer, "invoice": made, "currency": "eur"}
    await bench.write(
        "create", "invoice_items", *({**item, "amount": n} for n in range(1, lines + 1))
    )
    return made


async def test_every_line_of_an_invoice(bench: Workbench) -> None:
    made = await invoice(bench, 234)
    (whole,) = await bench.read("search", "invoices", complete=["lines"])
    assert bench.sandbox.requests[LINES] == 3  # 10 stand in it, 224 follow
    lines = whole["lines"]["data"]
    assert [line["amount"] for line in lines] == list(range(1, 235))
    assert len({line["id"] for line in lines}) == 234
    assert whole["lines"]["has_more"] is False
    assert await bench.read("read", "invoices", ids=made, complete=["lines"]) == [whole]
    assert await bench.read("search", "invoices", complete=["data.lines"]) == [whole]
    (short,) = await bench.read("read", "invoices", ids=made)
    assert (len(short["lines"]["data"]), short["lines"]["has_more"]) == (10, True)


async def test_what_is_complete_costs_no_call(bench: Workbench) -> None:
    await invoice(bench, 10)
    plain = records(await all_pages(await bench.source("search", "invoices")))
    source = await bench.source("search", "invoices", complete=["lines"])
    assert records(await all_pages(source)) == plain
    assert bench.sandbox.requests[LINES] == 0


async def test_a_cursor_goes_on_with_complete_records(bench: Workbench) -> None:
    for lines in (11, 3, 12):
        await invoice(bench, lines)
    source = await bench.source("search", "invoices", complete=["lines"], limit=3)
    pages = await all_pages(source)
    assert [len(json.loads(each.raw)["lines"]["data"]) for each in records(pages)] == [12, 3, 11]
    assert await all_pages(source, pages[0].after) == pages[1:]


async def test_a_list_that_comes_only_when_expanded_is_expanded(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    tax_ids = [{"customer": ada, "type": "eu_vat", "value": f"DE{n}"} for n in range(14)]
    await bench.write("create", "customers.tax_ids", *tax_ids)
    (whole,) = await bench.read("search", "customers", complete=["tax_ids"])
    assert sorted(each["value"] for each in whole["tax_ids"]["data"]) == sorted(
        str(each["value"]) for each in tax_ids
    )


def test_a_list_in_another_object_expands_that_object() -> None:
    settings: dict[str, JSON] = {
        "complete": ["customer.subscriptions.data.items"],
        "expand": ["customer"],
    }
    resolved = resolve(load(), Activity("a", "search", "invoice_items", "", settings), "test")
    assert resolved.expand == ["data.customer", "data.customer.subscriptions"]


async def test_one_refused_list_is_the_problem_of_its_record(bench: Workbench) -> None:
    broken, whole = await invoice(bench, 11), await invoice(bench, 11)

    async def refuse(request: SandboxRequest) -> Fault | None:
        if request.path == f"/v1/invoices/{broken}/lines":
            return Fault(404, "invalid_request_error", "No such invoice")
        return None

    bench.sandbox.on_request = refuse
    source = await bench.source("search", "invoices", complete=["lines"])
    good, bad = records(await all_pages(source))
    assert json.loads(good.raw)["id"] == whole
    assert good.problem is None
    assert bad.problem is not None
    assert (bad.problem.message, bad.problem.at) == ("No such invoice.", f"invoice {broken}")


async def test_a_stop_gives_out_no_half_page(bench: Workbench) -> None:
    await invoice(bench, 11)

    async def stop(request: SandboxRequest) -> Fault | None:
        if request.path == "/v1/invoices":
            bench.host.stop()
        return None

    bench.sandbox.on_request = stop
    source = await bench.source("search", "invoices", complete=["lines"])
    assert await all_pages(source) == []
    assert bench.sandbox.requests[LINES] == 0


@pytest.mark.parametrize(
    ("on", "path", "says"),
    [
        ("invoices", "line", "no field 'line'. Did you mean 'lines'?"),
        ("invoices", "currency", "no list with pages of its own. The lists of this object are"),
        ("invoices", "lines.rows", "no field 'rows'"),
        ("charges", "customer", "no list with pages of its own. The lists of this object are"),
        ("charges", "", "no field ''"),
    ],
)
async def test_a_wrong_path_is_refused_before_anything_is_sent(
    bench: Workbench, on: str, path: str, says: str
) -> None:
    activity = Activity("a", "search", on, "", {"complete": [path]})
    (problem,) = await bench.connection.check(activity)
    assert (problem.code, problem.path) == ("wrong_complete", "complete")
    assert says in problem.text()
    with pytest.raises(SettingError):
        await bench.connection.source(activity)


async def test_the_cost_is_stated(bench: Workbench) -> None:
    activity = Activity("a", "search", "invoices", "", {"complete": ["lines"]})
    assert (await bench.connection.schemas(activity)).note == (
        "Completing lines costs one more call for each record with more than 10 rows there, and "
        "another one for each further hundred of them."
    )


@pytest.mark.parametrize("query", [{}, {"query": "total>500"}])
async def test_the_plan_tells_of_further_calls(bench: Workbench, query: dict[str, JSON]) -> None:
    activity = Activity("a", "search", "invoices", "", {"complete": ["lines"], **query})
    plan = await bench.connection.plan(activity, 1000)
    assert plan.calls[-1].call == "GET the rest of lines"
    assert plan.expected is None
    assert plan.lines[-1].startswith("Completing lines costs")


def test_lists_of_the_catalogue() -> None:
    catalogue = load()
    found = {
        api_call.object: own_lists(catalogue, api_call)
        for api_call in catalogue.api_calls.values()
        if api_call.action == "retrieve" and own_lists(catalogue, api_call)
    }
    assert found["invoices"] == ("lines", "payments")
    assert found["subscriptions"] == ("items",)
    assert found["charges"] == ("refunds",)
    assert "amount_details.line_items" in found["payment_intents"]


def completion(client: Scripted, on: str, *paths: str, expand: tuple[str, ...] = ()) -> Completion:
    catalogue = load()
    settings: dict[str, JSON] = {"complete": [*paths], "expand": [*expand]}
    resolved = resolve(catalogue, Activity("a", "search", on, "", settings), "test")
    return Completion(cast(Client, client), catalogue, MemoryHost(), resolved)


def listed(ids: list[str], *, more: bool, url: str = "/v1/charges/ch_1/refunds") -> dict[str, Any]:
    return {
        "object": "list",
        "data": [{"id": each} for each in ids],
        "has_more": more,
        "url": url,
    }


def record(**fields: Any) -> Record:
    raw = json.dumps({"id": "ch_1", "object": "charge", **fields}, separators=(",", ":"))
    return Record(1, raw.encode(), "charge ch_1")


async def test_an_undocumented_address_is_followed_and_rows_come_once() -> None:
    client = Scripted(listed(["a", "b", "c"], more=True), listed(["c", "d"], more=False))
    charge = record(refunds=listed(["a", "b"], more=True))
    (done,) = await completion(client, "charges", "refunds").all([charge]) or []
    assert done.problem is None
    assert [row["id"] for row in json.loads(done.raw)["refunds"]["data"]] == ["a", "b", "c", "d"]
    assert [asked["starting_after"] for asked in client.asked] == ["b", "c"]
    assert client.asked[0]["owner"] == "ch_1"


@pytest.mark.parametrize(
    "refunds",
    [
        listed(["a"], more=True, url=""),
        listed(["a"], more=True, url="https://elsewhere.example/v1/charges/ch_1/refunds"),
        {"data": [{"no": "id"}], "has_more": True, "url": "/v1/charges/ch_1/refunds"},
    ],
)
async def test_a_list_without_a_way_on_is_a_problem(refunds: dict[str, Any]) -> None:
    client = Scripted(listed(["a"], more=False))
    (done,) = await completion(client, "charges", "refunds").all([record(refunds=refunds)]) or []
    assert done.problem is not None
    assert done.problem.code == "no_next_page"
    assert client.asked == []


async def test_rows_are_expanded_as_the_first_ones_are() -> None:
    client = Scripted(listed(["b"], more=False))
    charge = record(refunds=listed(["a"], more=True))
    expand = ("refunds.data.balance_transaction", "data.refunds.data.charge", "customer")
    await completion(client, "charges", "refunds", expand=expand).all([charge])
    assert client.asked[0]["expand"] == ["data.balance_transaction", "data.charge"]


async def test_pages_that_repeat_themselves_end() -> None:
    client = Scripted(listed(["a"], more=True))
    charge = record(refunds=listed(["a"], more=True))
    (done,) = await completion(client, "charges", "refunds").all([charge]) or []
    assert done.problem is not None
    assert done.problem.code == "no_next_page"
    assert len(client.asked) == 1


async def test_an_id_where_an_object_should_be_is_a_problem() -> None:
    client = Scripted(listed([], more=False))
    charge = record(customer="cus_1")
    (done,) = await completion(client, "charges", "customer.tax_ids").all([charge]) or []
    assert done.problem is not None
    assert (done.problem.code, done.problem.at) == ("not_expanded", "charge ch_1")


@pytest.mark.parametrize("customer", [None, {"id": "cus_1", "deleted": True}])
async def test_nothing_there_needs_nothing(customer: Any) -> None:
    client = Scripted(listed([], more=False))
    charge = record(customer=customer)
    assert await completion(client, "charges", "customer.tax_ids").all([charge]) == [charge]


async def test_inner_lists_of_completed_rows() -> None:
    def subscription(name: str) -> dict[str, Any]:
        items = listed([f"{name}1"], more=True, url=f"/v1/subscription_items?subscription={name}")
        return {"id": name, "items": items}

    outer = {**listed([], more=True, url="/v1/customers/c/subscriptions")}
    outer["data"] = [subscription("s1")]
    rest = {**listed([], more=False), "data": [subscription("s2")]}
    client = Scripted(rest, listed(["s12"], more=False), listed(["s22"], more=False))
    paths = ("subscriptions.data.items", "subscriptions")
    (done,) = await completion(client, "customers", *paths).all([record(subscriptions=outer)]) or []
    rows = json.loads(done.raw)["subscriptions"]["data"]
    assert [[item["id"] for item in row["items"]["data"]] for row in rows] == [
        ["s11", "s12"],
        ["s21", "s22"],
    ]
    assert [asked.get("subscription") for asked in client.asked] == [None, "s1", "s2"]
