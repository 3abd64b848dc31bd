"""Each distribution works with what it declares, and nothing else."""

import pytest

from tests.distributions.conftest import Alone
from tests.docs.page import blocks

PROJECT = {
    "project.yaml": "name: alone\n",
    "in.csv": "id,mail\n1, Ada@Example.com\n",
    "endpoints/disk.yaml": "connector: files\nactivities:\n"
    "  people:\n    type: read\n    path: in.csv\n"
    "  copies:\n    type: write\n    path: out.jsonl\n",
    "operations/collect.yaml": "source: disk/people\nmapping:\n"
    "  - to: mail\n    from: mail\n    steps:\n      - trim\n      - lower\ntarget: disk/copies\n",
}

only = pytest.mark.parametrize


@only("alone", ["connector-sdk"], indirect=True)
def test_the_contract(alone: Alone) -> None:
    done = alone.run("-c", "import connector_sdk; print(connector_sdk.Connector.__name__)")
    assert (done.stdout, done.stderr) == ("Connector\n", "")
    assert alone.run("-c", "import pytest").returncode == 1


@only("alone", ["connector-sdk[conformance]"], indirect=True)
def test_the_battery(alone: Alone) -> None:
    done = alone.run("-c", "from connector_sdk.conformance import Battery; print(Battery.__name__)")
    assert (done.stdout, done.stderr) == ("Battery\n", "")


@only("alone", ["connector-database"], indirect=True)
def test_databases_without_a_driver(alone: Alone) -> None:
    code = (
        "import asyncio, sqlite3; from connector_sdk import MemoryHost\n"
        "from connector_database.connector import DatabaseConnector\n"
        "sqlite3.connect('a.db').execute('CREATE TABLE people (id INTEGER PRIMARY KEY)')\n"
        "async def main(url):\n"
        "    connection = await DatabaseConnector().connect({'url': url}, MemoryHost())\n"
        "    print([each.id for each in await connection.choices('read', [])])\n"
        "asyncio.run(main('sqlite:///a.db'))\n"
        "asyncio.run(main('postgresql://nowhere/a'))\n"
    )
    done = alone.run("-c", code)
    assert done.stdout == "['people']\n", done.stderr
    assert "pip install 'connector-database[postgresql]'" in done.stderr


@only("alone", ["stripe-connector"], indirect=True)
def test_stripe_for_python(alone: Alone) -> None:
    code, shown = blocks("packages/stripe-connector/README.md")[1:3]
    assert code.kind == "python"
    done = alone.run("-W", "error", "-c", code.text)
    assert (done.stdout, done.stderr) == (shown.text, "")
    assert alone.run("-c", "import typer").returncode == 1


@only("alone", ["stripe-connector"], indirect=True)
def test_the_sandbox(alone: Alone) -> None:
    done = alone.run("-m", "stripe_connector.sandbox.command", "--help")
    assert "A small Stripe on this machine" in done.stdout, done.stderr


@only("alone", ["connector-agent"], indirect=True)
def test_the_command_without_stripe(alone: Alone) -> None:
    done = alone.run("-m", "connector_agent.cli", "--help")
    assert "connector" in done.stdout, done.stderr
    assert "stripe" not in done.stdout.lower()
    done = alone.run("-m", "connector_agent.cli", "objects")
    assert done.returncode == 0, done.stderr
    for path, text in PROJECT.items():
        file = alone.folder / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    done = alone.run("-m", "connector_agent.cli", "run", "collect", "--project", "project")
    assert done.returncode == 0, done.stderr
    assert (alone.folder / "project" / "out.jsonl").read_text() == '{"mail":"ada@example.com"}\n'


@only("alone", ["stripe-connector[cli]"], indirect=True)
def test_the_command_with_stripe(alone: Alone) -> None:
    done = alone.run("-m", "connector_agent.cli", "objects", "stripe")
    assert "customers.tax_ids" in done.stdout, done.stderr
    done = alone.run("-m", "connector_agent.cli", "init", "first")
    assert 'connector run "import customers"' in done.stdout, done.stderr
    done = alone.run("-m", "connector_agent.cli", "check", "--project", "first")
    assert done.returncode == 0, done.stderr
    done = alone.run("-m", "connector_agent.cli", "catalogue", "versions")
    assert "2026-10-28.endive" in done.stdout, done.stderr
