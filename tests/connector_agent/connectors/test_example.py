"""The example project: its data is what its script makes, and holds what it promises."""

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest
from connector_agent.connectors.registry import connector
from connector_agent.project import Project
from connector_sdk import MemoryHost, Record

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "billing-import"


@pytest.fixture
async def records() -> list[Record]:
    project = Project.load(EXAMPLE, {})
    connection = await connector("files").connect({}, MemoryHost(project.folder))
    source = await connection.source(project.endpoint("crm").activities["customers"])
    return [record async for page in source.read(None) for record in page.records]


def test_the_data_is_what_the_script_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location(
        "make_example_data", ROOT / "scripts" / "make_example_data.py"
    )
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr("sys.argv", ["make_example_data.py", str(tmp_path / "a.csv")])
    script.main()
    assert (tmp_path / "a.csv").read_bytes() == (EXAMPLE / "data" / "customers.csv").read_bytes()


async def test_a_thousand_rows_of_which_three_are_wrong(records: list[Record]) -> None:
    assert len(records) == 1000
    (ragged,) = [record for record in records if record.problem is not None]
    assert ragged.at == "customers.csv row 732"
    rows = {record.at: json.loads(record.raw) for record in records if record is not ragged}
    assert rows["customers.csv row 385"]["balance"] == "12,5O"
    twice = [
        name for name, times in Counter(r["crm_id"] for r in rows.values()).items() if times > 1
    ]
    assert twice == ["C-10118"]
    assert rows["customers.csv row 119"]["crm_id"] == "C-10118"
    assert rows["customers.csv row 973"]["crm_id"] == "C-10118"


async def test_nobody_in_it_can_be_reached(records: list[Record]) -> None:
    rows = [json.loads(record.raw) for record in records if record.problem is None]
    domains = {row["email"].strip().lower().partition("@")[2] for row in rows}
    assert {".".join(domain.split(".")[-2:]) for domain in domains} == {
        "example.com",
        "example.org",
        "example.net",
    }
    for row in rows:
        digits = "".join(char for char in row["phone"] if char.isdigit())
        assert not digits or "2079460" in digits or "55501" in digits


async def test_it_is_as_untidy_as_it_should_be(records: list[Record]) -> None:
    rows = [json.loads(record.raw) for record in records if record.problem is None]
    assert {row["currency"].lower() for row in rows} >= {"jpy", "kwd", "usd", "eur", "gbp"}
    assert any("\n" in row["street"] for row in rows)
    assert any("," in row["street"] for row in rows)
    assert any(not row["phone"].strip() for row in rows)
    assert any(row["balance"].strip().startswith("-") for row in rows)
    assert any(row["email"] != row["email"].strip().lower() for row in rows)
    assert any(not row["full_name"].isascii() for row in rows)
