"""What a seed's project does: the source's rows, the operation, and what is there before."""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.simulation.stripe import REFUSED, Stripe

Row = dict[str, Any]


class Kind(NamedTuple):
    """A kind of operation. `verb` is what it does (see `Effect`), `on` and `action` the choices
    of the activity, `fields` what is mapped from the source under the same name. `marked` says
    that a create can be found by its marker, `harmless` that a repeat changes nothing."""

    name: str
    verb: str
    type: str
    on: str
    fields: tuple[str, ...]
    action: str = ""
    marked: bool = True
    harmless: bool = False


KINDS = (
    Kind("customers", "create", "create", "customers", ("name", "email")),
    Kind("customers", "create", "create", "customers", ("name", "email")),
    Kind("unmarked customers", "create", "create", "customers", ("name", "email"), marked=False),
    Kind("charges", "create", "create", "charges", ("amount", "currency", "source")),
    Kind("refunds", "create", "create", "refunds", ("charge", "amount")),
    Kind(
        "payments",
        "create",
        "create",
        "payment_intents",
        ("amount", "currency", "payment_method", "confirm"),
    ),
    Kind(
        "balance",
        "create",
        "create",
        "customers.balance_transactions",
        ("customer", "amount", "currency"),
    ),
    Kind("renames", "update", "update", "customers", ("id", "name"), harmless=True),
    Kind("balances", "update", "update", "customers", ("id", "balance")),
    Kind("captures", "capture", "update", "payment_intents", ("id",), action="capture"),
    Kind("deletions", "delete", "delete", "customers", ("id",)),
)


@dataclass
class Scenario:
    """The project of a seed. `rows` is the source as it is now, `versions` what a record ever
    was, by identity."""

    kind: Kind
    concurrency: int
    rows: list[Row] = field(default_factory=list)
    versions: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.versions[row["crm_id"]] = [row]

    def edit(self, chance: random.Random) -> str:
        """Changes a row between two runs; the answer is its identity."""
        at = chance.randrange(len(self.rows))
        row = dict(self.rows[at])
        name = "name" if "name" in row else "amount" if "amount" in row else ""
        if not name or row.get("name") == REFUSED:
            return ""
        row[name] = f"{row[name]}*" if name == "name" else row[name] + 1
        self.rows[at] = row
        self.versions[row["crm_id"]].append(row)
        return str(row["crm_id"])

    def refusable(self, identity: str) -> bool:
        """Whether Stripe never takes the record."""
        return bool(self.versions[identity][-1]["never"])

    def write(self, folder: Path) -> None:
        """The project's files."""
        for name in ("endpoints", "operations", "data"):
            (folder / name).mkdir(exist_ok=True)
        (folder / "project.yaml").write_text("name: simulation\n")
        (folder / "endpoints" / "crm.yaml").write_text(
            "connector: files\nconnection:\n  folder: data\n"
            "activities:\n  rows:\n    type: read\n    path: rows.jsonl\n"
        )
        kind = self.kind
        action = f"    action: {kind.action}\n" if kind.action else ""
        marker = "" if kind.marked else "    marker: false\n"
        (folder / "endpoints" / "acme.yaml").write_text(
            "connector: stripe\n"
            "connection:\n  api_key: ${env:STRIPE_API_KEY}\n"
            f"activities:\n  write:\n    type: {kind.type}\n    on: {kind.on}\n{action}{marker}"
            f"    concurrency: {self.concurrency}\n"
        )
        lines = [f"  - to: {name}\n    from: {name}\n" for name in kind.fields]
        if kind.type != "delete" and not kind.action:
            lines.append("  - to: metadata.crm_id\n    from: crm_id\n")
        (folder / "operations" / "import.yaml").write_text(
            f"source: crm/rows\nidentity: crm_id\ntarget: acme/write\nmapping:\n{''.join(lines)}"
        )
        self.write_rows(folder)

    def write_rows(self, folder: Path) -> None:
        """The source as it is now."""
        names = ("crm_id", *self.kind.fields)
        rows = [json.dumps({name: row[name] for name in names if name in row}) for row in self.rows]
        (folder / "data" / "rows.jsonl").write_text("".join(f"{row}\n" for row in rows))


def draw_scenario(chance: random.Random, stripe: Stripe, *, large: bool) -> Scenario:
    """The scenario of a seed, and what it finds at Stripe."""
    kind = chance.choice(KINDS)
    scenario = Scenario(kind, chance.choice((1, 3, 16)))
    for number in range(1, 1 + (60 if large else chance.choice((1, 3, 8, 16)))):
        scenario.add(_row(kind, f"C{number}", number, chance, stripe))
    return scenario


def _row(kind: Kind, identity: str, number: int, chance: random.Random, stripe: Stripe) -> Row:
    never = chance.random() < 0.05
    row: Row = {"crm_id": identity, "never": never}
    amount = 1_000 + number
    owner = {"name": f"Owner of {identity}", "metadata": {"of": identity}}
    match kind.name:
        case "charges":
            source = "tok_chargeDeclined" if never else "tok_visa"
            row |= {"amount": amount, "currency": "eur", "source": source}
        case "payments":
            method = "pm_card_chargeDeclined" if never else "pm_card_visa"
            row |= {"amount": amount, "currency": "eur", "payment_method": method, "confirm": True}
        case "refunds":
            charge = stripe.make("charges", {"amount": 9_000, "currency": "eur"})
            row |= {"charge": "ch_none" if never else charge["id"], "amount": amount}
        case "balance":
            customer = stripe.make("customers", owner)
            name = "cus_none" if never else customer["id"]
            row |= {"customer": name, "amount": amount, "currency": "eur"}
        case "captures":
            params = {"amount": amount, "currency": "eur", "status": "requires_capture"}
            payment = stripe.make("payment_intents", params)
            row |= {"id": "pi_none" if never else payment["id"]}
        case "renames" | "balances" | "deletions":
            customer = stripe.make("customers", owner)
            row |= {"id": "cus_none" if never else customer["id"]}
            row |= {"name": f"Name {number}", "balance": amount}
        case _:
            row |= {"name": REFUSED if never else f"Name {number}", "email": f"c{number}@x.example"}
    return row
