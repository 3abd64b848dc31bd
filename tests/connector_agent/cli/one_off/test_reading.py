"""connector stripe search, list and read."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_agent.cli.app import app
from typer.testing import CliRunner

from tests.connector_agent.cli.one_off.conftest import Stripe

Made = Callable[..., str]


@pytest.fixture
def two(made: Made) -> tuple[str, str]:
    """Two customers of one e-mail address that no other test has."""
    first = made("customers", "name=Ada", "email=two@example.com", "address.city=Leeds")
    return first, made("customers", "name=Grace", "email=two@example.com")


def test_list_as_json_lines(stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("list", "customers", "--param", "email=two@example.com")
    assert said.status == 0
    assert {row["id"] for row in said.lines} >= set(two)
    assert all(row["email"] == "two@example.com" for row in said.lines)


def test_limit(stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("list", "customers", "--limit", "1", "--fields", "id,address.city")
    assert said.lines == [{"id": two[1]}]


LOCALES = "preferred_locales"
CUSTOM = "invoice_settings.custom_fields"


@pytest.fixture
def listed(made: Made) -> str:
    """A customer with lists."""
    fields = [
        f"{CUSTOM}[{n}].{k}={v}" for n in (0, 1) for k, v in (("name", f"n{n}"), ("value", n))
    ]
    return made("customers", "name=Ada", *fields, f"{LOCALES}[0]=de")


def test_fields_through_a_list_are_those_of_its_elements(stripe: Stripe, listed: str) -> None:
    fields = f"{CUSTOM}.name,{LOCALES}[0],{CUSTOM}[1].value"
    said = stripe("read", "customers", listed, "--fields", fields)
    assert said.lines == [
        {
            "invoice_settings": {"custom_fields": [{"name": "n0"}, {"name": "n1", "value": "1"}]},
            "preferred_locales": {"0": "de"},
        }
    ]
    said = stripe("read", "customers", listed, "--fields", fields, "-f", "csv")
    assert list(csv.reader(io.StringIO(said.out)))[1] == ['["n0","n1"]', "de", "1"]
    said = stripe("read", "customers", listed, "--fields", fields, "-f", "table")
    assert '["n0","n1"]' in said.out
    assert said.err == ""


def test_a_column_that_no_record_fills_is_told(stripe: Stripe, listed: str) -> None:
    fields = f"id,{CUSTOM}.name,metadata.odd,default_source.last4"
    said = stripe("read", "customers", listed, "--fields", fields, "-f", "csv")
    assert said.status == 0
    assert said.err.splitlines() == [
        "No record has anything at 'metadata.odd'.",
        "No record has anything at 'default_source.last4'. 'default_source' is an id there, "
        "unless it is asked for: --expand default_source",
    ]


def test_search(stripe: Stripe, made: Made) -> None:
    name = made("customers", "name=Only one of these")
    said = stripe("search", "customers", "name:'Only one of these'", "--json")
    assert [row["id"] for row in said.lines] == [name]


@pytest.mark.parametrize(
    "query",
    [
        "-email:'minus@example.com'",
        "-(email:'minus@example.com' OR name:nobody)",
        "-email in ('minus@example.com')",
        "-metadata['of']:'minus'",
    ],
)
def test_a_query_may_begin_with_a_minus(query: str, stripe: Stripe, made: Made) -> None:
    without = made("customers", "email=minus@example.com", "metadata.of=minus")
    other = made("customers", "email=plus@example.com")
    said = stripe("search", "customers", query, "--fields", "id")
    assert said.status == 0
    names = {row["id"] for row in said.lines}
    assert other in names
    assert without not in names


def test_read(stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("read", "customers", f"{two[1]}\r", "cus_nobody", two[0], "--fields", "name")
    assert said.lines == [{"name": "Grace"}, {"name": "Ada"}]
    assert said.status == 3
    assert "No such customer: 'cus_nobody'" in said.err


@pytest.mark.parametrize(
    "content", ["{0}\n{1}\n", "id,x\n{0},1\n{1},2\n", '{{"id": "{0}"}}\n{{"id": "{1}"}}\n']
)
def test_ids_from_a_pipe(content: str, stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("read", "customers", "--ids-from", "-", given=content.format(*two))
    assert [row["id"] for row in said.lines] == list(two)


def test_ids_from_nothing(stripe: Stripe) -> None:
    said = stripe("read", "customers", "--ids-from", "-", given="\n")
    assert (said.status, said.out) == (0, "")
    said = stripe("read", "customers", "--ids-from", "-", given="two words\n")
    assert said.status == 3
    assert "'two words' is no id" in said.err
    said = stripe("read", "customers", "cus_1", "--ids-from", "-")
    assert (said.status, "in a file" in said.err) == (1, True)


def test_count(stripe: Stripe, made: Made) -> None:
    for _ in range(3):
        made("customers", "email=counted@example.com")
    listed = stripe("list", "customers", "--param", "email=counted@example.com", "--count")
    assert listed.lines == [{"count": 3}]
    query = "email:'counted@example.com'"
    said = stripe("search", "customers", query, "--count", "--format", "table")
    assert said.out == "3\n"


def test_table(stripe: Stripe, made: Made) -> None:
    customer = made("customers", "name=Tab\nle", "email=table@example.com")
    said = stripe("list", "customers", "--param", "email=table@example.com", "-f", "table")
    head, row = said.out.splitlines()
    assert head.split() == ["id", "name", "email", "created"]
    assert row.startswith(f"{customer}  Tab le  table@example.com  20")
    made("charges", "amount=1999", "currency=eur", "source=tok_visa", "description=Tea")
    said = stripe("list", "charges", "-f", "table", "--limit", "1")
    head, row = said.out.splitlines()
    assert head.split() == ["id", "description", "amount", "status", "created"]
    assert "  Tea          19.99 eur  succeeded  20" in row
    said = stripe("list", "charges", "-f", "table", "--fields", "amount,source.brand")
    assert said.out.splitlines()[0].split() == ["amount", "source.brand"]
    said = stripe("list", "coupons", "-f", "table")
    assert said.out == "Nothing was found.\n"


def test_a_record_alone(stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("read", "customers", two[0], "-f", "table")
    fields = dict(line.split(maxsplit=1) for line in said.out.splitlines())
    assert (fields["id"], fields["name"], fields["address.city"]) == (two[0], "Ada", "Leeds")
    assert fields["created"].startswith("20")
    assert "phone" not in fields  # it has none
    assert stripe("read", "balance", "-f", "table").out.startswith("object ")
    said = stripe("read", "customers", two[0], "-f", "table", "--fields", "name")
    assert said.out == "name\nAda\n"


def test_csv(stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("read", "customers", *two, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [row["name"] for row in rows] == ["Ada", "Grace"]
    assert [row["address.city"] for row in rows] == ["Leeds", ""]
    assert "address" not in rows[0]
    assert "_more" not in rows[0]
    said = stripe("read", "customers", *two, "-f", "csv", "--fields", "name,address.city")
    assert said.out.split() == ["name,address.city", "Ada,Leeds", "Grace,"]


def test_json(stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("read", "customers", *two, "--format", "json", "--fields", "name")
    assert said.out == '[\n{"name":"Ada"},\n{"name":"Grace"}\n]\n'
    assert stripe("list", "coupons", "--format", "json").out == "[]\n"


def test_nested_objects(stripe: Stripe, made: Made) -> None:
    customer = made("customers", "name=Ada")
    made("customers.tax_ids", "type=eu_vat", "value=DE123456789", customer=customer)
    said = stripe("list", "customers.tax_ids", "--parent", f"customer={customer}")
    assert [row["value"] for row in said.lines] == ["DE123456789"]
    said = stripe("list", "customers.tax_ids")
    assert said.status == 1
    assert "--parent customer=VALUE" in said.err


def test_expand(stripe: Stripe, made: Made) -> None:
    charge = made("charges", "amount=100", "currency=eur", "source=tok_visa")
    said = stripe("read", "charges", charge, "--expand", "balance_transaction")
    assert said.lines[0]["balance_transaction"]["object"] == "balance_transaction"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "costumers"), "Did you mean 'customers'"),
        (("lst", "customers"), "Did you mean 'list'"),
        (("list", "customers", "--param", "emial=x"), "Did you mean 'email'"),
        (("list", "customers", "--param", "created.gte=2026-31-01"), "2026-01-31T12:00:00Z"),
        (("list", "customers", "--fields", "id,nmae"), "Did you mean 'name'"),
        (("list", "customers", "--fields", "id,address.ctiy"), "Did you mean 'city'"),
        (("list", "customers", "--fields", f"{CUSTOM}.nmae"), "Did you mean 'name'"),
        (("list", "customers", "--fields", "email.x"), "Name 'email' itself."),
        (("list", "customers", "--fields", "a..b"), "no path"),
        (("list", "customers", "--setting", "lmit=1"), "Did you mean 'limit'"),
        (("list", "customers", "--expand", "sourcs"), "Did you mean"),
        (("search", "customers", "name:"), "     ^"),
        (("read", "customers"), "after the object"),
        (("read", "customers", "a", "--action", "nothing"), "action"),
        (("list", "customers", "--limit", "0"), "--limit"),
    ],
)
def test_faults(arguments: tuple[str, ...], told: str, stripe: Stripe) -> None:
    said = stripe(*arguments)
    assert said.status in (1, 2)
    assert told in said.err
    assert said.out == ""


def test_explain(stripe: Stripe) -> None:
    said = stripe("search", "customers", "name:'Ada' AND balance>5", "--explain", "-f", "table")
    assert said.status == 0
    assert said.out.startswith('GET /v1/customers/search query=name:"Ada": 1 call\n')
    assert "No call can ask for balance>5" in said.out
    said = stripe("list", "customers", "--explain")
    assert said.lines[0]["calls"][0]["call"] == "GET /v1/customers"
    assert said.lines[0]["fresh"]


def test_fields_help(stripe: Stripe) -> None:
    said = stripe("search", "customers", "--fields-help", "-f", "table")
    assert "address.city " in said.out
    assert ": > < >= <= null" in said.out
    said = stripe("search", "customers", "--action", "search", "--fields-help")
    assert "address.city" not in {row["field"] for row in said.lines}


def test_values_stay_values(stripe: Stripe, made: Made) -> None:
    name = made("customers", "name=O'Hara OR email:'x'")
    query = ("search", "customers", "name:${var:who}", "--value")
    said = stripe(*query, "who=O'Hara OR email:'x'", "--setting", "consistency=fresh")
    assert [row["id"] for row in said.lines] == [name]
    said = stripe(*query, "whom=x")
    assert said.status == 1
    assert "Did you mean 'var:whom'" in said.err


def test_looking_needs_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRIPE_API_KEY", raising=False)
    for option in ("--explain", "--fields-help"):
        result = CliRunner().invoke(app, ["stripe", "search", "customers", "name:'x'", option])
        assert result.exit_code == 0, result.stderr
    result = CliRunner().invoke(app, ["stripe", "search", "customers", "name:'x'"])
    assert "There is no API key." in result.stderr


def test_csv_is_exact_and_marked_where_that_is_asked_for(
    stripe: Stripe, made: Callable[..., str]
) -> None:
    made_id = made("customers", "name==1+1", "description=-5")
    for options, name in (((), "=1+1"), (("--mark-formulas",), "'=1+1")):
        said = stripe(
            "read", "customers", made_id, "-f", "csv", "--fields", "name,description", *options
        )
        assert list(csv.reader(io.StringIO(said.out)))[1] == [name, "-5"]


def test_a_table_is_harmless(stripe: Stripe, made: Callable[..., str]) -> None:
    made_id = made("customers", "name=a\x1b[2J\u202eb", "metadata.a\x1bc=c\nd")
    for options in ((), ("--fields", "name,metadata")):
        said = stripe("read", "customers", made_id, "-f", "table", *options)
        assert not {"\x1b", "\u202e"} & set(said.out)


def test_any_setting_is_given_by_its_name(stripe: Stripe, two: tuple[str, str]) -> None:
    said = stripe("read", "customers", two[0], "--setting", 'without:=["address", "email"]')
    (row,) = said.lines
    assert row["name"] == "Ada"
    assert not {"address", "email"} & {*row}
    said = stripe("read", "customers", two[0], "--setting", "without[0]=adress")
    assert (said.status, "Did you mean 'address'" in said.err) == (1, True)
