"""What is kept of people: sealed, erased on request, and never a card number."""

from pathlib import Path

import pytest
from stripe_connector.sandbox import Sandbox

from tests.end_to_end.crash_project import customers, write_project
from tests.end_to_end.test_bad_days import connector

CARD = "4242 4242 4242 4242"


def everything(folder: Path) -> bytes:
    """All bytes that the project's state holds, the journal of the ledger included."""
    return b"".join(
        path.read_bytes() for path in (folder / ".connector").rglob("*") if path.is_file()
    )


@pytest.fixture
async def sandbox():  # type: ignore[no-untyped-def]
    async with Sandbox(seed=1) as made:
        yield made


async def test_card_numbers_are_neither_stored_nor_sent(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_project(tmp_path, sandbox.address, 3)
    source.write_text(source.read_text() + f"C4,Eve {CARD},eve@example.com\nC5,Ann,a@example.com\n")
    said = await connector(tmp_path, "run", "import", "--json")
    assert said.status == 3
    assert (said.end["written"], said.end["refused"]) == (4, 1)
    shown = await connector(tmp_path, "outcomes", "last", "--only", "problems", "--json")
    assert shown.end["problem"]["code"] == "card_number"
    assert shown.end["identity"] == "C4"
    for form in (CARD, CARD.replace(" ", "")):
        assert form not in shown.out + said.out
        assert form.encode() not in everything(tmp_path)
    assert not any("Eve" in str(one["name"]) for one in await customers(sandbox.address))


async def test_numbers_that_only_look_like_cards(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_project(tmp_path, sandbox.address, 0)
    source.write_text(source.read_text() + f"{CARD.replace(' ', '')},Ann,a@example.com\n")
    operation = tmp_path / "operations" / "import.yaml"
    operation.write_text(operation.read_text() + "options:\n  not_card_numbers: [crm_id]\n")
    said = await connector(tmp_path, "run", "import", "--json")
    assert said.status == 0, said
    assert said.end["written"] == 1


async def test_a_sealed_ledger(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path, sandbox.address, 20)
    key = (await connector(tmp_path, "ledger", "key")).out.strip()
    monkeypatch.setenv("CONNECTOR_LEDGER_KEY", key)
    sandbox.on_request = None
    said = await connector(tmp_path, "run", "import", "--json")
    assert said.status == 0, said
    assert b"person7@example.com" not in everything(tmp_path)
    assert b"Person7@Example.com" not in everything(tmp_path)
    assert key.encode() not in everything(tmp_path)
    shown = await connector(tmp_path, "outcomes", "last", "--json")
    assert "Person7@Example.com" in shown.out
    monkeypatch.delenv("CONNECTOR_LEDGER_KEY")
    shown = await connector(tmp_path, "outcomes", "last", "--json")
    assert shown.status == 1
    assert "CONNECTOR_LEDGER_KEY" in shown.out
    again = await connector(tmp_path, "run", "import", "--json")
    assert again.status == 1, "its records would be kept openly"
    assert "ledger_sealed" in again.out
    assert b"Person7@Example.com" not in everything(tmp_path)
    monkeypatch.setenv(
        "CONNECTOR_LEDGER_KEY", (await connector(tmp_path, "ledger", "key")).out.strip()
    )
    again = await connector(tmp_path, "run", "import", "--json")
    assert again.end["skipped"] == 20, "what was written where is known without the key"
    assert b"Person7@Example.com" not in everything(tmp_path)


async def test_forgetting_a_person(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 30)
    await connector(tmp_path, "run", "import")
    assert b"Person7@Example.com" in everything(tmp_path)
    said = await connector(tmp_path, "forget", "--identity", "C7")
    assert said.status == 0, said
    (left,) = [one for one in await customers(sandbox.address) if one["metadata"]["crm_id"] == "C7"]
    assert left["id"] in said.out
    assert "Erased: 1 record and request, 1 outcome." in said.out
    kept = everything(tmp_path)
    assert b"Person7@Example.com" not in kept
    assert b"person7@example.com" not in kept
    assert b"Person8@Example.com" in kept
    listed = await connector(tmp_path, "runs", "--json")
    assert (listed.end["read"], listed.end["written"]) == (30, 30)
    again = await connector(tmp_path, "forget", "--identity", "C7")
    assert again.status == 1
    assert "Nothing was erased" in again.out


async def test_what_is_not_finished_can_not_be_forgotten(tmp_path: Path, sandbox: Sandbox) -> None:
    from stripe_connector.sandbox import Fault

    write_project(tmp_path, sandbox.address, 5)

    async def refuse(request: object) -> Fault | None:
        return Fault(401) if getattr(request, "method", "") == "POST" else None

    sandbox.on_request = refuse
    await connector(tmp_path, "run", "import")
    said = await connector(tmp_path, "forget", "--identity", "C3")
    assert said.status == 1
    assert "connector resume" in said.err
    assert b"Person3@Example.com" in everything(tmp_path)
