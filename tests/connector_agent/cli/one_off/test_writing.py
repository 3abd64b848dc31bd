"""connector stripe create, update and delete."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from stripe_connector.settings import ConnectionSettings

from tests.connector_agent.cli.one_off.conftest import Stripe

Made = Callable[..., str]


def test_create(stripe: Stripe) -> None:
    said = stripe(
        *("create", "customers", "--set", "name=Ada", "--set", "balance=-100"),
        *("--set", "address.city=Leeds", "--set", "preferred_locales[0]=en"),
        *("--set", 'metadata:={"crm": "C-1"}'),
    )
    assert (said.status, said.err) == (0, "")
    (outcome,) = said.lines
    made = outcome["response"]
    assert (outcome["outcome"], outcome["id"]) == ("written", made["id"])
    assert (made["balance"], made["address"]["city"]) == (-100, "Leeds")
    assert made["preferred_locales"] == ["en"]
    assert made["metadata"] == {"crm": "C-1", "connector_key": outcome["key"]}


def test_the_same_key_makes_it_once(stripe: Stripe) -> None:
    line = ("create", "customers", "--set", "name=Once", "--key", "once")
    first, again = stripe(*line).lines[0], stripe(*line).lines[0]
    assert (first["id"], first["replayed"]) == (again["id"], False)
    assert again["replayed"]
    other = stripe("create", "customers", "--set", "name=Twice", "--key", "once").lines[0]
    assert other["id"] != first["id"]
    assert stripe("create", "customers", "--set", "name=Once").lines[0]["id"] != first["id"]


def test_the_currency_of_a_refund_is_checked(stripe: Stripe) -> None:
    paid = ("create", "charges", "--set", "amount=5000", "--set", "source=tok_visa")
    charge = stripe(*paid, "--set", "currency=jpy").lines[0]["id"]
    refund = ("create", "refunds", "--set", f"charge={charge}", "--set", "amount=500")
    (said,) = stripe(*refund, "--set", "currency=eur").lines
    assert (said["outcome"], said["problem"]["code"]) == ("refused", "wrong_currency")
    assert f"{charge} is in jpy" in said["problem"]["message"]
    assert stripe(*refund, "--set", "currency=jpy").lines[0]["response"]["amount"] == 500
    assert stripe(*refund).lines[0]["outcome"] == "written", "minor units need no currency"


def test_many(stripe: Stripe, tmp_path: Path) -> None:
    path = tmp_path / "customers.jsonl"
    path.write_text('{"name": "A"}\n{"nme": "B"}\nxx\n{"name": "C", "phone": "1"}\n')
    said = stripe("create", "customers", "--data", str(path), "--set", "phone=2")
    assert said.status == 3
    assert said.err.splitlines()[0] == "2 written, 2 refused."
    found = {row["at"].removeprefix("customers.jsonl "): row for row in said.lines}
    assert {at: row["outcome"] for at, row in found.items()} == {
        "line 1": "written",
        "line 2": "refused",
        "line 3": "refused",
        "line 4": "written",
    }
    assert found["line 4"]["response"]["phone"] == "2"
    assert found["line 2"]["problem"]["remedy"] == "Did you mean 'name'?"


def test_a_value_that_no_choice_lists(stripe: Stripe) -> None:
    line = ("create", "customers", "--set", "tax_exempt=exemptt")
    (said,) = stripe(*line).lines
    assert (said["outcome"], said["key"]) == ("refused", "")
    assert "`--setting unlisted_choices=allow` lets it pass" in said["problem"]["remedy"]
    (said,) = stripe("create", "customers", "--data", "-", given='{"tax_exempt": "x"}').lines
    assert "`--setting unlisted_choices=allow` lets it pass" in said["problem"]["remedy"]
    (said,) = stripe(*line, "--setting", "unlisted_choices=allow").lines
    assert said["problem"]["message"].startswith("Invalid tax_exempt: must be one of")


def test_a_json_file(stripe: Stripe) -> None:
    said = stripe("create", "customers", "--data", "-", given='[{"name": "A"}, {"name": "B"}]')
    assert [row["response"]["name"] for row in said.lines] == ["A", "B"]
    said = stripe("create", "customers", "--data", "-", given='{\n"name": "A"\n}')
    assert [row["response"]["name"] for row in said.lines] == ["A"]


def test_update(stripe: Stripe, made: Made) -> None:
    names = made("customers", "name=Ada", "address.city=Leeds"), made("customers", "name=Grace")
    said = stripe("update", "customers", *names, "--set", "name=Edith", "--set", "address=")
    assert said.status == 0
    assert {row["response"]["name"] for row in said.lines} == {"Edith"}
    assert [row["response"]["address"] for row in said.lines] == [None, None]
    lines = "".join(f'{{"id": "{name}", "name": "N{at}"}}\n' for at, name in enumerate(names))
    said = stripe("update", "customers", "--data", "-", given=lines)
    assert {row["id"]: row["response"]["name"] for row in said.lines} == {
        names[0]: "N0",
        names[1]: "N1",
    }


def test_outcomes_are_ids_for_the_next_command(stripe: Stripe, made: Made) -> None:
    for _ in range(2):
        made("customers", "email=gone@example.com")
    listed = stripe("list", "customers", "--param", "email=gone@example.com").out
    changed = stripe("update", "customers", "--ids-from", "-", "--set", "name=X", given=listed).out
    said = stripe("delete", "customers", "--ids-from", "-", given=changed)
    assert [row["outcome"] for row in said.lines] == ["written", "written"]
    said = stripe("delete", "customers", "--ids-from", "-", given=changed)
    assert [row["outcome"] for row in said.lines] == ["refused", "refused"]
    assert said.status == 3


def test_other_forms_of_outcomes(stripe: Stripe, made: Made) -> None:
    name = made("customers", "name=Ada")
    said = stripe("update", "customers", name, "cus_nobody", "--set", "name=B", "-f", "csv")
    head, *rows = said.out.splitlines()
    assert head.startswith("at,outcome,id,request_id")
    assert {row.split(",")[1] for row in rows} == {"written", "refused"}
    said = stripe("update", "customers", name, "cus_nobody", "--set", "name=B", "-f", "table")
    assert f"written   {name}" in said.out
    assert "refused   cus_nobody  No such customer: 'cus_nobody'." in said.out
    said = stripe("update", "customers", name, "--set", "name=B", "-f", "json")
    assert said.out.startswith("[\n{")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "customers"), "Nothing to write is given"),
        (("create", "customers", "--set", "name"), "NAME=VALUE"),
        (("create", "customers", "--data", "nowhere.json"), "can't be read"),
        (("update", "customers", "cus_1", "--set", "items[1]=x"), "'items[0]' is not"),
        (("update", "customers", "cus_1", "--ids-from", "-"), "in a file"),
        (("update", "customers", "cus_1", "--data", "-"), "both given"),
        (("delete", "balance"), "nothing to delete"),
        (("create", "customers", "--set", "name=A", "--parent", "x=1"), "parents"),
    ],
)
def test_faults(arguments: tuple[str, ...], told: str, stripe: Stripe) -> None:
    said = stripe(*arguments)
    assert (said.status, said.out) == (1, "")
    assert told in said.err


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("update", "customers", "--set", "name=A"), "after the object"),
        (("create", "prices", "--set", "unit_amount=1"), "--set currency=VALUE"),
        (
            ("create", "customers.tax_ids", "--set", "type=eu_vat", "--set", "value=1"),
            "--parent customer=ID",
        ),
    ],
)
def test_what_is_missing(arguments: tuple[str, ...], remedy: str, stripe: Stripe) -> None:
    said = stripe(*arguments)
    assert said.status == 3
    assert remedy in said.lines[0]["problem"]["remedy"]


def test_nothing_goes_on_after_a_wrong_key(stripe: Stripe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_that_no_sandbox_takes")
    said = stripe("create", "customers", "--data", "-", given='{"name": "A"}\n' * 500)
    assert said.status == 1
    assert "Invalid API Key" in said.err
    assert "sk_live_that" not in said.err + said.out
    assert "--key" in said.err
    assert "failed. Nothing after that was sent." in said.err
    assert {row["outcome"] for row in said.lines} == {"failed"}
    assert len(said.lines) < 100


class TestLive:
    """The sandbox takes no live key, so the settings only say that theirs is one."""

    @pytest.fixture(autouse=True)
    def live(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ConnectionSettings, "mode", "live")

    def test_delete_needs_a_yes(self, stripe: Stripe, made: Made) -> None:
        name = made("customers", "name=Ada")
        said = stripe("delete", "customers", name)
        assert (said.status, said.out) == (1, "")
        assert "add --yes" in said.err
        assert stripe("read", "customers", name).lines[0]["name"] == "Ada"
        said = stripe("delete", "customers", name, "--yes")
        assert said.status == 0
        assert "LIVE" in said.err

    def test_others_are_marked(self, stripe: Stripe) -> None:
        assert "LIVE" in stripe("create", "customers", "--set", "name=Ada").err

    @pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("\n", 1), ("n\n", 1)])
    def test_a_person_is_asked(
        self,
        answer: str,
        status: int,
        stripe: Stripe,
        made: Made,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        names = made("customers", "name=Ada"), made("customers", "name=Grace")
        monkeypatch.setattr("connector_agent.cli.one_off.writing.has_terminal", lambda: True)
        said = stripe("delete", "customers", *names, given=answer)
        assert said.status == status
        assert "2 objects on acct_" in said.err
        assert ("Nothing was done" in said.err) == bool(status)
        assert said.out.count('"outcome":"written"') == (0 if status else 2)

    PAYMENT = ("--set", "amount=250", "--set", "currency=eur")
    PAID = (*PAYMENT, "--set", "payment_method=pm_card_visa", "--set", "confirm=true")

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("create", "payouts", *PAYMENT), "Money leaves"),
            (("create", "payment_intents", *PAID), "Where confirm is true: Money is taken"),
            (("update", "invoices", "in_1", "--action", "void_invoice"), "Invoices: void on"),
            (("update", "payment_intents", "pi_1", "--action", "capture"), "Money is taken"),
        ],
    )
    def test_other_writes_need_a_yes_too(
        self, arguments: tuple[str, ...], told: str, stripe: Stripe
    ) -> None:
        said = stripe(*arguments)
        assert (said.status, said.out) == (1, "")
        assert told in said.err
        assert "add --yes" in said.err

    def test_yes_answers(self, stripe: Stripe) -> None:
        said = stripe("create", "payment_intents", *self.PAID, "--yes")
        assert said.status == 0
        assert said.lines[0]["response"]["status"] == "succeeded"

    def test_sums_are_told(self, stripe: Stripe, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connector_agent.cli.one_off.writing.has_terminal", lambda: True)
        lines = [
            {"amount": 250, "currency": "eur", "confirm": True},
            {"amount": 100, "currency": "eur", "confirm": False},
            {"amount": 50, "currency": "eur", "confirm": True},
            {"amount": 700, "currency": "jpy", "confirm": True},
        ]
        data = Path("payments.jsonl")
        data.write_text("\n".join(map(json.dumps, lines)))
        said = stripe("create", "payment_intents", "--data", str(data), given="n\n")
        assert said.status == 1
        assert "That is 3 objects on acct_" in said.err
        assert ": 3.00 EUR and 700 JPY." in said.err

    def test_what_a_parameter_makes_harmless_is_not_asked_for(self, stripe: Stripe) -> None:
        said = stripe("create", "payment_intents", *self.PAYMENT)
        assert said.status == 0
        assert "LIVE" in said.err


def test_outcomes_in_csv_are_marked_unless_told_otherwise(stripe: Stripe) -> None:
    given = '{"name": "A", "=x": "1"}\n'
    for options, mark in (((), "'"), (("--no-mark-formulas",), "")):
        said = stripe(
            "create",
            "customers",
            "--data",
            "-",
            "-f",
            "csv",
            "--set",
            "email=x",
            *options,
            given=given,
        )
        rows = list(csv.DictReader(io.StringIO(said.out)))
        assert rows[0]["problem.path"] == f"{mark}=x", said
