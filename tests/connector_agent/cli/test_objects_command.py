"""`connector objects`, `connector schema` and `connector show`."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib import metadata
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from connector_agent.cli.output import in_columns, out
from connector_agent.connectors import registry
from connector_sdk import ENTRY_POINTS, declared, setting
from connector_sdk.memory import MemoryConnector, MemorySettings
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.connector_agent.cli.conftest import Call

ACME = """\
connector: stripe
connection:
  api_key: ${env:NO_SUCH_KEY}
activities:
  new:
    type: create
    on: customers
"""


@pytest.fixture
def acme(project: Path) -> Path:
    (project / "endpoints" / "acme.yaml").write_text(ACME)
    return project


@pytest.mark.parametrize("arguments", [("stripe", "tax_id"), ("tax_id",), ("acme", "TAX ID")])
def test_objects(arguments: tuple[str, ...], call: Call, acme: Path) -> None:
    said = call("objects", *arguments, "--json")
    assert {row["object"]: list(row["types"]) for row in said.lines} == {
        "customers.tax_ids": ["search", "read", "create", "delete"],
        "tax_ids": ["search", "read", "create", "delete"],
    }
    assert "Customer › Tax IDs" in call("objects", *arguments).out


def test_a_connector_that_needs_an_account_hides_no_other(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    said = call("objects", "tax", "--json")
    assert {row["of"] for row in said.lines} == {"stripe"}
    assert "Without database: " in said.err
    said = call("objects", "database")
    assert (said.status, "Set the environment variable DATABASE_URL" in said.err) == (1, True)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE taxes (id INTEGER PRIMARY KEY)")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    assert {row["of"] for row in call("objects", "tax", "--json").lines} == {"database", "stripe"}
    (row,) = call("objects", "database", "--json").lines
    assert list(row["types"]) == ["read", "insert", "upsert", "delete"]
    assert "id" in call("schema", "database", "insert", "taxes").out


def test_objects_with_their_actions(call: Call) -> None:
    (row,) = call("objects", "stripe", "payment_links", "--type", "create", "--json").lines
    assert row["types"] == {"create": ["create"]}
    assert "search (list)" in call("objects", "stripe", "payment_links", "--type", "search").out


def test_objects_that_are_not_there(call: Call) -> None:
    assert call("objects", "stripe", "unicorn").out == "No such objects.\n"
    said = call("objects", "strpe")
    assert (said.status, "Did you mean 'stripe'" in said.err) == (1, True)
    said = call("objects", "stripe", "--type", "crate")
    assert (said.status, "Did you mean 'create'" in said.err) == (1, True)


def test_a_schema_without_a_project(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project.yaml").unlink()
    said = call("schema", "stripe", "create", "customers", "--filter", "postal")
    assert said.status == 0
    lines = [line.split()[:2] for line in said.out.splitlines()]
    assert lines[0] == ["A", "request"]
    assert lines[1:] == [
        ["address", "object"],
        ["postal_code", "text"],
        ["shipping", "object"],
        ["address*", "object"],
        ["postal_code", "text"],
    ]
    assert "Settings of such an activity" not in said.out


def test_a_schema_tells_what_is_known_of_a_field(call: Call) -> None:
    said = call("schema", "stripe", "create", "customers", "--filter", "name").out
    assert "Clears when empty, at most 150 characters. The customer's business name." in said
    said = call("schema", "stripe", "create", "subscriptions", "--filter", "customer").out
    assert "id of customers" in said
    said = call("schema", "stripe", "create", "account_links", "--filter", "collect").out
    assert "Deprecated. The collect parameter is deprecated." in said


def test_a_schema_tells_what_an_update_takes(call: Call) -> None:
    said = " ".join(call("schema", "stripe", "create", "customers").out.split())
    assert "An update doesn't take payment_method, tax_id_data, test_clock." in said
    assert "Values to start with are balance, next_invoice_sequence, source." in said
    said = call("schema", "stripe", "create", "billing.meter_events").out
    assert "What is created can't be updated" in said
    said = " ".join(call("schema", "stripe", "create", "terminal.locations").out.split())
    assert "An update takes every field" in said
    assert "repeat: update" not in call("schema", "stripe", "update", "customers").out


def test_a_schema_of_an_activity(call: Call, acme: Path) -> None:
    said = call("schema", "acme/new", "--depth", "1")
    assert "(POST /v1/customers)" in said.out
    assert "more below" in said.out
    (schema,) = call("schema", "acme/new", "--json").lines
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["email"]["type"] == "string"
    said = call("schema", "disk/rows")
    assert said.out.splitlines() == ["A record holds", "  id    text", "  name  text"]
    assert "any fields" in call("schema", "disk/lines").out


def test_only_required(call: Call) -> None:
    said = call("schema", "stripe", "create", "prices", "--only-required")
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == ["currency*"]
    said = call("schema", "stripe", "create", "customers", "--only-required")
    assert "Nothing is required" in said.out
    assert "No field" in call("schema", "stripe", "create", "customers", "--filter", "yxz").out
    assert "Settings of such" in call("schema", "stripe", "search", "customers").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("acme/nwe",), "Did you mean 'new'"),
        (("acme",), "acme/new"),
        (("stripe",), "with a type of search"),
        (("stripe/new",), "only endpoints have activities"),
        (("acmee/new",), "Did you mean 'acme'"),
        (("stripe", "create", "costumers"), "Did you mean 'customers'"),
        (("acme", "crate"), "Did you mean 'create'"),
        (("broken/x",), "tab"),
    ],
)
def test_schemas_that_are_not_there(
    arguments: tuple[str, ...], told: str, call: Call, acme: Path
) -> None:
    (acme / "endpoints" / "broken.yaml").write_text("\tx")
    said = call("schema", *arguments)
    assert (said.status, told in said.err) == (1, True), said.err


def test_show(call: Call, project: Path) -> None:
    said = call("show", "copy")
    assert said.status == 0
    assert "disk/rows  (files read)" in said.out
    assert "name  ←  name: trim" in said.out
    (shown,) = call("show", "copy", "--json").lines
    assert shown["mapping"][0] == {"to": "id", "how": "id: to_integer"}
    said = call("show", "cpy")
    assert (said.status, "Did you mean 'copy'" in said.err) == (1, True)
    (project / "rows.csv").unlink()
    assert "1 fault: connector check 'copy' lists them" in call("show", "copy").out


def test_show_everything_that_may_be_stated(call: Call, acme: Path) -> None:
    (acme / "operations" / "full.yaml").write_text(
        "source: disk/rows\nidentity: [id, name]\nwhere: {from: id, not_equals: 2}\n"
        "group: {by: id, as: rows}\ntarget: acme/new\nmapping: []\n"
    )
    said = call("show", "full")
    for text in ("id is not 2", "rows with the same id", "id and name", "POST /v1/customers"):
        assert text in said.out
    assert "${env:NO_SUCH_KEY}" in said.out


def test_objects_in_sections(call: Call) -> None:
    said = call("objects", "stripe", "--section", "billing (v2)", "--type", "create")
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == [
        "Billing",
        "v2.billing.meter_event_adjustments",
        "v2.billing.meter_event_session",
        "v2.billing.meter_event_stream",
        "v2.billing.meter_events",
    ]
    (row,) = call("objects", "stripe", "quotes", "--type", "delete", "--json").lines
    assert row == {
        "of": "stripe",
        "section": "Billing",
        "object": "quotes",
        "label": "Quotes",
        "types": {"delete": ["cancel"]},
    }
    assert call("objects", "stripe", "--section", "unicorns").out == "No such objects.\n"


def test_what_cannot_be_undone_is_said_before(call: Call, acme: Path) -> None:
    (acme / "endpoints" / "acme.yaml").write_text(
        ACME + "  gone:\n    type: delete\n    on: plans\n"
    )
    (acme / "operations" / "clear.yaml").write_text("source: disk/rows\ntarget: acme/gone\n")
    said = call("check", "clear")
    assert "endpoints/acme.yaml:8:3: note: gone: " in said.out
    assert "It can't be undone." in said.out
    notes = [line for line in call("check", "clear", "--json").lines if line["event"] == "note"]
    assert len(notes) == 1
    assert "It can't be undone." in call("show", "clear").out
    assert "It can't be undone." in call("schema", "acme/gone").out


def test_a_schema_needs_no_settings(call: Call) -> None:
    said = call("schema", "stripe", "search", "customers.tax_ids", "--depth", "1")
    assert said.status == 0
    settings = said.out.partition("Settings of such an activity")[2]
    assert "parents*" in settings
    assert "customer*" in settings
    assert "values" not in settings  # a query is a text, however it is stored


@pytest.mark.parametrize(("kind", "settings"), [("read", "header_row"), ("write", "columns")])
def test_the_settings_of_files_are_listed_without_a_file(
    kind: str, settings: str, call: Call
) -> None:
    said = call("schema", "files", kind)
    assert said.status == 0
    assert "any fields" in said.out
    assert f"  {settings}" in said.out


def test_columns_look_the_same_however_they_are_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("object", "name", "activity types")
    rows = [
        ("Core resources",),
        ("  balance", "Balance", "read"),
        ("  日本", "Née", "search, read"),
    ]
    text = in_columns(names, rows)
    assert isinstance(text, Text)
    monkeypatch.setattr(out, "width", 40)
    table = in_columns(names, [*rows, ("x" * 30, "", "")])
    assert isinstance(table, Table)
    monkeypatch.setattr(out, "width", len("Core resources  Balance  activity types"))
    assert isinstance(in_columns(names, rows), Text)
    for made in (table, text):
        console = Console(width=80, record=True, file=out.file)
        console.print(made)
        lines = [line.split() for line in console.export_text().splitlines()]
        assert lines[:4] == [
            ["object", "name", "activity", "types"],
            ["Core", "resources"],
            ["balance", "Balance", "read"],
            ["日本", "Née", "search,", "read"],
        ]


@pytest.mark.parametrize(
    "arguments", [("objects", "stripe"), ("schema", "stripe", "create", "customers")]
)
def test_looking_needs_little(arguments: tuple[str, ...]) -> None:
    """What is loaded counts, as time does not on a busy machine."""
    code = (
        "import sys\n"
        f"sys.argv = ['connector', *{arguments}]\n"
        "from connector_agent.cli.app import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "customers" in said.stdout
    loaded = set(said.stderr.split())
    assert "stripe_connector.connection" in loaded
    assert not loaded & {
        "aiohttp",
        "sqlalchemy",
        "jsonata",
        "lark",
        "openpyxl",
        "ruamel.yaml",
        "rich.table",
        "stripe_connector.sandbox",
        "stripe_connector.activities.writing.create",
        "stripe_connector.activities.writing.meter_events",
        "stripe_connector.activities.reading.planning",
        "stripe_connector.activities.reading.sources",
    }


@declared
class DemandingSettings(MemorySettings):
    token: str = setting("Token", "What it can't be looked at without.")


class Demanding(MemoryConnector):
    """Can't be looked at without a setting."""

    settings = DemandingSettings


def installed_with(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    found = [EntryPoint(name, value, ENTRY_POINTS) for name, value in values.items()]
    every = [*metadata.entry_points(group=ENTRY_POINTS), *found]
    monkeypatch.setattr(
        registry, "installed", lambda: registry.Installed(EntryPoints(every), "10.1.0")
    )


def test_one_that_cannot_be_looked_at_hides_no_other(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project.yaml").unlink()
    installed_with(monkeypatch, demanding=f"{__name__}:Demanding", broken="no_such_module:X")
    said = call("objects", "--type", "create", "--json")
    assert said.status == 0
    assert "customers" in {row["object"] for row in said.lines}
    assert "Without demanding: " in said.err
    assert "token" in said.err
    assert "Without broken: " in said.err
    assert call("objects", "tax_id").status == 0
    said = call("objects", "demanding")
    assert (said.status, "token" in said.err) == (1, True)


def test_a_type_that_some_connectors_have(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project.yaml").unlink()
    installed_with(monkeypatch, memory="connector_sdk.memory:MemoryConnector")
    said = call("objects", "--type", "upsert", "--json")
    assert (said.status, "Without memory" in said.err) == (0, False)
    assert {row["object"] for row in said.lines} == {"people", "places"}
    said = call("objects", "--type", "upsrt")
    assert (said.status, "Did you mean 'upsert'" in said.err) == (1, True)
