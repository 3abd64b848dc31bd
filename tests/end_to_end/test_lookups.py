"""Subscriptions follow customers: rows of a flat file become one subscription each, with the
ids that other operations wrote."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from connector_agent.runs.identities import Identities
from connector_agent.runs.run import Counts
from connector_agent.runs.runner import Runner
from stripe_connector.sandbox import Sandbox

from tests.end_to_end.crash_project import KEY
from tests.end_to_end.test_bad_days import connector

STRIPE = """\
connector: stripe
connection:
  api_key: ${{env:STRIPE_API_KEY}}
  address: {address}
activities:
  new customer:
    type: create
    on: customers
  new price:
    type: create
    on: prices
  new subscription:
    type: create
    on: subscriptions
"""
FILES = """\
connector: files
activities:
  customers:
    type: read
    path: customers.csv
  prices:
    type: read
    path: prices.csv
  rows:
    type: read
    path: rows.csv
"""
CUSTOMERS = """\
source: files/customers
identity: crm_id
mapping:
  - to: email
    from: email
target: stripe/new customer
"""
PRICES = """\
source: files/prices
identity: [plan, currency]
mapping:
  - to: unit_amount
    from: price
    steps:
      - money_to_minor:
          currency_from: currency
  - to: currency
    from: currency
  - to: product_data.name
    from: plan
  - to: recurring.interval
    value: month
target: stripe/new price
"""
SUBSCRIPTIONS = """\
source: files/rows
group: {by: number, as: lines}
identity: number
mapping:
  - to: customer
    lookup: {operation: import customers, by: crm_id}
  - to: items
    each: lines
    where: {from: plan, blank: false}
    mapping:
      - to: price
        lookup: {operation: import prices, by: [plan, record.currency]}
      - to: quantity
        from: seats
  - to: collection_method
    value: send_invoice
  - to: days_until_due
    value: 30
  - to: metadata.number
    from: number
target: stripe/new subscription
"""
ROWS = """\
number,crm_id,currency,plan,seats
S1,C1,gbp,gold,2
S1,C1,gbp,extra,5
S2,C2,eur,gold,1
S2,C2,eur,,
S3,C9,gbp,gold,1
S4,C2,gbp,tin,1
"""


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox) -> Path:
    files = {
        "project.yaml": "name: follow\n",
        "endpoints/stripe.yaml": STRIPE.format(address=sandbox.address),
        "endpoints/files.yaml": FILES,
        "operations/import customers.yaml": CUSTOMERS,
        "operations/import prices.yaml": PRICES,
        "operations/import subscriptions.yaml": SUBSCRIPTIONS,
        "customers.csv": "crm_id,email\nC1,ada@example.org\nC2,joan@example.org\n",
        "prices.csv": "plan,currency,price\ngold,gbp,10.00\nextra,gbp,1.50\ngold,eur,12.00\n",
        "rows.csv": ROWS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


async def subscriptions(address: str) -> dict[str, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{address}/v1/subscriptions?limit=100&expand[]=data.customer") as answer,
    ):
        found = (await answer.json())["data"]
    return {each["metadata"]["number"]: each for each in found}


async def run(runner: Runner, *names: str) -> Counts:
    """What came of the last of these operations."""
    for name in names:
        ended = await runner.run(name, None, lambda progress: None)
        assert ended.status == "finished"
    return ended.counts


async def test_subscriptions_follow_customers(
    project: Path, sandbox: Sandbox, runner: Runner
) -> None:
    early = await run(runner, "import subscriptions")
    assert (early.read, early.refused) == (4, 4)
    assert await subscriptions(sandbox.address) == {}
    said = await run(runner, "import customers", "import prices", "import subscriptions")
    assert (said.written, said.refused) == (2, 2)
    made = await subscriptions(sandbox.address)
    assert set(made) == {"S1", "S2"}
    assert made["S1"]["customer"]["email"] == "ada@example.org"
    assert made["S2"]["customer"]["email"] == "joan@example.org"
    lines = [
        (each["price"]["unit_amount"], each["price"]["currency"], each["quantity"])
        for number in ("S1", "S2")
        for each in made[number]["items"]["data"]
    ]
    assert lines == [(1000, "gbp", 2), (150, "gbp", 5), (1200, "eur", 1)]
    shown = await connector(project, "outcomes", "last", "--only", "problems")
    assert "'C9'" in shown.out
    assert '["tin","gbp"]' in shown.out
    with (project / "customers.csv").open("a") as more:
        more.write("C9,mary@example.org\n")
    again = await run(runner, "import customers", "import subscriptions")
    assert (again.written, again.skipped, again.refused) == (1, 2, 1)


async def test_one_query_for_a_batch(
    project: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"S{n},C1,gbp,gold,1\n" for n in range(1, 301))
    (project / "rows.csv").write_text("number,crm_id,currency,plan,seats\n" + rows)
    asked: list[tuple[str, int]] = []
    known = Identities.known

    def counted(self: Identities, connection: Any, wanted: Any, step: int = 0) -> Any:
        asked.append((self._identity_scope, len(wanted)))
        return known(self, connection, wanted, step)

    await run(runner, "import customers", "import prices")
    monkeypatch.setattr(Identities, "known", counted)
    assert (await run(runner, "import subscriptions")).written == 300
    for name in ("import customers", "import prices"):
        queries = [count for scope, count in asked if scope == name]
        assert 1 <= len(queries) <= 5
        assert set(queries) == {1}, "each identity once"


async def test_a_resume_needs_the_name_only(project: Path, runner: Runner) -> None:
    """The snapshot of a run holds its own operation; the other one may be gone by then."""
    await run(runner, "import customers", "import prices")
    begun = await runner.run("import subscriptions", None, lambda progress: progress.stop())
    assert begun.status == "interrupted"
    (project / "operations" / "import customers.yaml").unlink()
    ended = await runner.resume(begun.id, lambda progress: None)
    assert (ended.status, ended.counts.written) == ("finished", 2)
