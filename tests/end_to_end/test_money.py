"""Amounts that a currency can't have, and amounts for objects in another currency, from a CSV
file to what became of each row."""

from pathlib import Path

import pytest
from connector_agent.operations.check import check_project
from connector_agent.runs.runner import Runner
from connector_sdk import MemoryHost
from stripe_connector import Stripe
from stripe_connector.sandbox import Sandbox

from tests.end_to_end.crash_project import KEY

STRIPE = """\
connector: stripe
connection:
  api_key: ${{env:STRIPE_API_KEY}}
  address: {address}
activities:
  charge:
    type: create
    on: charges
  refund:
    type: create
    on: refunds
"""
FILES = """\
connector: files
activities:
  payments:
    type: read
    path: payments.csv
  refunds:
    type: read
    path: refunds.csv
"""
CHARGE = """\
source: files/payments
identity: n
mapping:
  - to: amount
    from: amount
    steps:
      - money_to_minor:
          currency_from: currency
  - to: currency
    from: currency
  - to: source
    value: tok_visa
target: stripe/charge
"""
REFUND = """\
source: files/refunds
identity: n
mapping:
  - to: charge
    from: charge
  - to: amount
    from: amount
    steps:
      - money_to_minor:
          currency_from: currency
  - to: currency
    from: currency
target: stripe/refund
"""
SAID = "  - to: currency\n    from: currency\ntarget: stripe/refund"
PAYMENTS = "n,amount,currency\n1,5,ugx\n2,5.50,ugx\n3,6000,isk\n4,60.25,isk\n5,5.124,kwd\n"


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox) -> Path:
    files = {
        "project.yaml": "name: money\n",
        "endpoints/stripe.yaml": STRIPE.format(address=sandbox.address),
        "endpoints/files.yaml": FILES,
        "operations/charge.yaml": CHARGE,
        "operations/refund.yaml": REFUND,
        "payments.csv": PAYMENTS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


async def test_amounts_that_a_currency_cannot_have(project: Path, runner: Runner) -> None:
    ended = await runner.run("charge", None, lambda progress: None)
    assert (ended.counts.written, ended.counts.refused) == (2, 3)


async def test_a_refund_meant_in_another_currency(
    project: Path, sandbox: Sandbox, runner: Runner
) -> None:
    async with Stripe(KEY, address=sandbox.address) as stripe:
        charges = [
            await stripe.create("charges", {"amount": 5000, "currency": each, "source": "tok_visa"})
            for each in ("jpy", "eur")
        ]
        rows = [f"{n},{each['id']},5.00,eur" for n, each in enumerate(charges, 1)]
        (project / "refunds.csv").write_text("\n".join(["n,charge,amount,currency", *rows]) + "\n")
        ended = await runner.run("refund", None, lambda progress: None)
        assert (ended.counts.written, ended.counts.refused) == (1, 1)
        refunds = [each async for each in stripe.list("refunds")]
    assert [(each["amount"], each["currency"]) for each in refunds] == [(500, "eur")]


async def test_a_refund_whose_currency_is_not_said_is_a_fault(project: Path) -> None:
    (project / "refunds.csv").write_text("n,charge,amount,currency\n1,ch_1,5.00,eur\n")
    environ = {"STRIPE_API_KEY": KEY}
    assert (await check_project(project, environ, "", MemoryHost(folder=project))).faults == ()
    path = project / "operations/refund.yaml"
    path.write_text(REFUND.replace(SAID, "target: stripe/refund"))
    (fault,) = (await check_project(project, environ, "", MemoryHost(folder=project))).faults
    assert (fault.code, fault.line) == ("currency_unsaid", "operations/refund.yaml:6:5")
    assert "`to: currency`" in fault.remedy
