"""What is written while faults happen: a project, what is there before, and what has to be true
afterwards."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stripe_connector.sandbox.store import Stored

from tests.end_to_end.faults.stripe import FaultyStripe

OPERATION = "import"


class Work(ABC):
    """One operation on a number of records. `on` and `type` are those of its activity, `lines`
    those of its mapping, and `irreversible` says what else the activity needs."""

    type = "create"
    on: str
    columns: tuple[str, ...]
    lines: Mapping[str, str]

    def __init__(self, records: int) -> None:
        self.records = records

    def prepare(self, stripe: FaultyStripe) -> list[tuple[str, ...]]:
        """The rows of the source, once what they need is there."""
        return [self.row(number) for number in range(1, self.records + 1)]

    @abstractmethod
    def row(self, number: int) -> tuple[str, ...]:
        """The cells of one record of the source; `number` counts from 1."""

    @abstractmethod
    def truth(self, stripe: FaultyStripe) -> dict[str, str]:
        """The id of what was written for each identity. Raises AssertionError where something
        was done twice or not as it was asked."""

    def write_project(self, folder: Path, stripe: FaultyStripe, concurrency: int) -> None:
        for name in ("endpoints", "operations"):
            (folder / name).mkdir(parents=True)
        (folder / "project.yaml").write_text("name: faults\n")
        (folder / "endpoints" / "crm.yaml").write_text(
            "connector: files\nconnection:\n  folder: .\n"
            "activities:\n  rows:\n    type: read\n    path: rows.csv\n"
        )
        (folder / "endpoints" / "acme.yaml").write_text(
            "connector: stripe\nconnection:\n  api_key: ${env:STRIPE_API_KEY}\n"
            f"  address: {stripe.address}\n  timeout: {stripe.patience}\n  retries: 2\n"
            f"activities:\n  target:\n    type: {self.type}\n    on: {self.on}\n"
            f"    concurrency: {concurrency}\n"
        )
        lines = "".join(f"  - to: {to}\n    {how}\n" for to, how in self.lines.items())
        (folder / "operations" / f"{OPERATION}.yaml").write_text(
            f"source: crm/rows\nidentity: {self.columns[0]}\ntarget: acme/target\nmapping:\n{lines}"
        )
        rows = [self.columns, *self.prepare(stripe)]
        (folder / "rows.csv").write_text("".join(",".join(row) + "\n" for row in rows))


def _once(stripe: FaultyStripe, resource: str) -> dict[str, str]:
    """The id of the only object for each identity."""
    found: dict[str, list[Stored]] = {}
    for row in stripe.rows(resource):
        found.setdefault(_crm_id(row.body), []).append(row)
    doubled = {name: rows for name, rows in found.items() if len(rows) > 1}
    told = [
        f"{name} {row.id} {stripe.story(_metadata(row.body)['connector_key'])}"
        for name, rows in doubled.items()
        for row in rows
    ]
    assert not doubled, "doubled:\n" + "\n".join(told)
    return {name: row.id for name, (row,) in found.items()}


class Creates(Work):
    """Objects that carry the identity of their record in their metadata."""

    resource: str

    def truth(self, stripe: FaultyStripe) -> dict[str, str]:
        return _once(stripe, self.resource)


def _metadata(body: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = body["metadata"]
    return found


def _crm_id(body: Mapping[str, Any]) -> str:
    return _metadata(body)["crm_id"]


class Customers(Creates):
    on, resource = "customers", "customer"
    columns = ("crm_id", "name")
    lines = {"name": "from: name", "metadata.crm_id": "from: crm_id"}  # noqa: RUF012

    def row(self, number: int) -> tuple[str, ...]:
        return f"C{number}", f"Person {number}"


class Charges(Creates):
    """Money: the sum has to be right as well."""

    on, resource = "charges", "charge"
    columns = ("crm_id", "amount")
    lines = {  # noqa: RUF012
        "amount": "from: amount\n    steps: [to_integer]",
        "currency": "value: eur",
        "source": "value: tok_visa",
        "metadata.crm_id": "from: crm_id",
    }

    def row(self, number: int) -> tuple[str, ...]:
        return f"C{number}", str(100 + number)

    def truth(self, stripe: FaultyStripe) -> dict[str, str]:
        for row in stripe.rows(self.resource):
            assert row.body["amount"] == 100 + int(_crm_id(row.body)[1:])
            assert row.body["paid"] is True
        return super().truth(stripe)


class Payments(Creates):
    """Payments that are confirmed as they are made."""

    on, resource = "payment_intents", "payment_intent"
    columns = ("crm_id", "amount")
    lines = {  # noqa: RUF012
        "amount": "from: amount\n    steps: [to_integer]",
        "currency": "value: eur",
        "payment_method": "value: pm_card_visa",
        "confirm": "value: true",
        "metadata.crm_id": "from: crm_id",
    }

    def row(self, number: int) -> tuple[str, ...]:
        return f"C{number}", str(100 + number)

    def truth(self, stripe: FaultyStripe) -> dict[str, str]:
        for row in stripe.rows(self.resource):
            assert row.body["status"] == "succeeded"
            assert row.body["amount_received"] == 100 + int(_crm_id(row.body)[1:])
        return super().truth(stripe)


class OnExisting(Work):
    """Writes to objects that are there, one for each record."""

    there: str
    params: Mapping[str, str]

    def __init__(self, records: int) -> None:
        super().__init__(records)
        self.ids: list[str] = []

    def prepare(self, stripe: FaultyStripe) -> list[tuple[str, ...]]:
        self.ids = [stripe.make(self.there, dict(self.params)) for _ in range(self.records)]
        return super().prepare(stripe)


class Refunds(OnExisting):
    """A part of each charge: a second refund would be possible."""

    on = "refunds"
    there = "/v1/charges"
    params = {"amount": "10000", "currency": "eur", "source": "tok_visa"}  # noqa: RUF012
    columns = ("crm_id", "charge", "amount")
    lines = {  # noqa: RUF012
        "charge": "from: charge",
        "amount": "from: amount\n    steps: [to_integer]",
        "metadata.crm_id": "from: crm_id",
    }

    def row(self, number: int) -> tuple[str, ...]:
        return f"C{number}", self.ids[number - 1], str(100 + number)

    def truth(self, stripe: FaultyStripe) -> dict[str, str]:
        refunded = {row.id: row.body["amount_refunded"] for row in stripe.rows("charge")}
        found = _once(stripe, "refund")
        for name in found:
            assert refunded[self.ids[int(name[1:]) - 1]] == 100 + int(name[1:])
        return found


class Updates(OnExisting):
    type, on = "update", "customers"
    there = "/v1/customers"
    params = {"name": "old"}  # noqa: RUF012
    columns = ("id", "name")
    lines = {"id": "from: id", "name": "from: name"}  # noqa: RUF012

    def row(self, number: int) -> tuple[str, ...]:
        return self.ids[number - 1], f"Person {number}"

    def truth(self, stripe: FaultyStripe) -> dict[str, str]:
        names = {row.id: row.body["name"] for row in stripe.rows("customer")}
        for number, name in enumerate(self.ids, 1):
            assert names[name] in ("old", f"Person {number}")
        return {name: name for name in self.ids if names[name] != "old"}


class Deletes(OnExisting):
    type, on = "delete", "customers"
    there = "/v1/customers"
    params = {"name": "old"}  # noqa: RUF012
    columns = ("id",)
    lines = {"id": "from: id"}  # noqa: RUF012

    def row(self, number: int) -> tuple[str, ...]:
        return (self.ids[number - 1],)

    def truth(self, stripe: FaultyStripe) -> dict[str, str]:
        return {row.id: row.id for row in stripe.rows("customer") if row.deleted}


WORK = (Customers, Customers, Charges, Payments, Refunds, Updates, Deletes)
"""Customers twice: what is learned from them holds for most creates."""
