"""Outcomes that can be mended and sent again, and files that tell them as a run goes."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stripe_connector.sandbox import Fault, Sandbox, SandboxRequest

from tests.end_to_end.crash_project import CREATE, customers, write_project
from tests.end_to_end.test_bad_days import connector
from tests.end_to_end.test_killed import Killer


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as made:
        yield made


def break_rows(source: Path) -> None:
    """Puts in a row with a cell too many, one without identity, and one that Stripe refuses."""
    broken = "C90,Ann,a@example.com,more\n,Bob,b@example.com\nC92,Eve,no address\n"
    source.write_text(source.read_text() + broken)


async def refuse_eve(request: SandboxRequest) -> Fault | None:
    if f"{request.method} {request.template}" == CREATE and b"Eve" in request.body:
        return Fault(400, "invalid_request_error", "Invalid email address: no address")
    return None


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_problems_are_mended_and_sent(tmp_path: Path, sandbox: Sandbox) -> None:
    break_rows(write_project(tmp_path, sandbox.address, 20))
    sandbox.on_request = refuse_eve
    said = await connector(tmp_path, "run", "import")
    assert said.status == 3
    assert "connector retry" in said.out
    listed = await connector(tmp_path, "outcomes", "last", "--only", "problems", "--format", "csv")
    mended = tmp_path / "mended.csv"
    mended.write_text(
        listed.out.replace(",Bob,", "C91,Bob,").replace("no address", "e@example.com")
    )
    found = rows(mended)
    assert [row["_outcome"] for row in found] == ["refused"] * 3
    assert found[0]["_more"] == '{"cells":["more"]}'
    assert "row" in found[0]["_at"]
    sandbox.on_request = None
    said = await connector(tmp_path, "retry", "last", "--from", "mended.csv", "--json")
    assert said.status == 0, said
    assert (said.end["read"], said.end["written"]) == (3, 3)
    made = await customers(sandbox.address)
    assert len(made) == 23
    assert {"C90", "C91", "C92"} <= {one["metadata"]["crm_id"] for one in made}
    runs = [
        json.loads(line) for line in (await connector(tmp_path, "runs", "--json")).out.splitlines()
    ]
    assert runs[0]["retry_of"] == runs[1]["run"]
    assert runs[1]["retry_of"] == ""


async def test_a_retry_of_the_ledger_sends_only_problems(tmp_path: Path, sandbox: Sandbox) -> None:
    break_rows(write_project(tmp_path, sandbox.address, 20))
    sandbox.on_request = refuse_eve
    await connector(tmp_path, "run", "import")
    sandbox.on_request = None
    sent = sandbox.requests[CREATE]
    said = await connector(tmp_path, "retry", "last", "--json")
    assert said.status == 3
    assert (said.end["read"], said.end["written"], said.end["refused"]) == (3, 1, 2)
    assert sandbox.requests[CREATE] == sent + 1
    said = await connector(tmp_path, "outcomes", "last", "--only", "refused", "--json")
    codes = {json.loads(line)["problem"]["code"] for line in said.out.splitlines()}
    assert codes == {"not_kept", "no_identity"}


async def test_nothing_to_retry(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 2)
    await connector(tmp_path, "run", "import")
    said = await connector(tmp_path, "retry", "last", "--json")
    assert said.status == 1
    assert said.end["problems"][0]["code"] == "nothing_to_retry"
    listed = await connector(tmp_path, "runs", "--json")
    assert len(listed.out.splitlines()) == 1


async def test_what_is_left_of_a_card_number_is_never_sent(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    source = write_project(tmp_path, sandbox.address, 2)
    source.write_text(f"{source.read_text()}C93,4242424242424242,a@example.com\n")
    await connector(tmp_path, "run", "import")
    listed = await connector(tmp_path, "outcomes", "last", "--only", "problems", "--format", "csv")
    (tmp_path / "left.csv").write_text(listed.out)
    (row,) = rows(tmp_path / "left.csv")
    assert row["name"] == "[card number]"
    for again in ([], [], ["--from", "left.csv"]):
        said = await connector(tmp_path, "retry", "last", *again, "--json")
        assert (said.end["written"], said.end["refused"]) == (0, 1)
    assert len(await customers(sandbox.address)) == 2
    (tmp_path / "left.csv").write_text(listed.out.replace("[card number]", "Ann"))
    said = await connector(tmp_path, "retry", "last", "--from", "left.csv", "--json")
    assert said.end["written"] == 1
    assert {one["name"] for one in await customers(sandbox.address)} >= {"Ann"}


async def test_a_part_of_a_group_is_never_sent(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_project(tmp_path, sandbox.address, 0)
    operation = tmp_path / "operations" / "import.yaml"
    operation.write_text(f"{operation.read_text()}group:\n  by: crm_id\n  as: rows\n")
    rows_of = "C1,Ann,a@example.com\n{}C1,Ann,a@example.com\nC2,Bob,b@example.com\n{}"
    broken = rows_of.format("C1,Ann,a@example.com,more\n", "C1,Ann,a@example.com\n")
    head = source.read_text()
    source.write_text(head + broken)
    said = await connector(tmp_path, "run", "import", "--json")
    assert (said.end["written"], said.end["refused"]) == (1, 2)
    for form in ("csv", "jsonl"):
        told = await connector(tmp_path, "outcomes", "last", "--only", "problems", "--format", form)
        (tmp_path / f"left.{form}").write_text(told.out)
    for again in (["--from", "left.csv"], ["--from", "left.jsonl"], [], []):
        said = await connector(tmp_path, "retry", "last", *again, "--json")
        assert (said.end["written"], said.end["refused"]) == (0, 2), said
    source.write_text(head + rows_of.format("C1,Ann,a@example.com\n" * 2, ""))
    said = await connector(tmp_path, "run", "import", "--json")
    assert (said.end["written"], said.end["skipped"]) == (1, 1)


async def test_a_retry_that_is_interrupted_goes_on(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 30)

    async def refuse(request: SandboxRequest) -> Fault | None:
        if f"{request.method} {request.template}" != CREATE:
            return None
        return Fault(400, "invalid_request_error", "Not today.")

    sandbox.on_request = refuse
    assert (await connector(tmp_path, "run", "import")).status == 3
    left = 10

    async def then_refuse_the_key(request: SandboxRequest) -> Fault | None:
        nonlocal left
        left -= f"{request.method} {request.template}" == CREATE
        return Fault(401) if left < 0 else None

    sandbox.on_request = then_refuse_the_key
    said = await connector(tmp_path, "retry", "last")
    assert said.status == 1
    sandbox.on_request = None
    said = await connector(tmp_path, "resume", "last", "--json")
    assert said.status == 0, said
    assert (said.end["read"], said.end["written"]) == (30, 30)
    assert len(await customers(sandbox.address)) == 30


async def test_a_run_that_goes_on_has_no_retry(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 5)

    async def refuse(request: SandboxRequest) -> Fault | None:
        return Fault(401) if request.method == "POST" else None

    sandbox.on_request = refuse
    await connector(tmp_path, "run", "import")
    said = await connector(tmp_path, "retry", "last")
    assert said.status == 1
    assert "connector resume" in said.err


@pytest.mark.timeout(180)
async def test_result_files_of_a_killed_run_are_whole(tmp_path: Path, sandbox: Sandbox) -> None:
    source = write_project(tmp_path, sandbox.address, 600)
    break_rows(source)
    operation = tmp_path / "operations" / "import.yaml"
    results = "results:\n  written: out/written.csv\n  problems: out/problems.jsonl\n"
    operation.write_text(operation.read_text() + results)
    killer = Killer(tmp_path, sandbox)
    for place in ("applied", "answered", "settled"):
        await killer.run(place, 100)
    status, end = await killer.run("none", 0)
    assert status == 3, end
    written = rows(tmp_path / "out" / "written.csv")
    problems = [
        json.loads(line) for line in (tmp_path / "out" / "problems.jsonl").read_text().splitlines()
    ]
    assert len(written) == end["written"] == len(await customers(sandbox.address))
    assert len({row["_id"] for row in written}) == len(written)
    assert len(problems) == end["refused"]
    assert [row["crm_id"] for row in written][:3] == ["C1", "C2", "C3"]


async def test_a_table_says_that_there_is_more(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 120)
    await connector(tmp_path, "run", "import")
    said = await connector(tmp_path, "outcomes", "last")
    assert "These are the first 100" in said.out
    assert (
        len((await connector(tmp_path, "outcomes", "last", "--format", "csv")).out.splitlines())
        == 121
    )
    limited = await connector(tmp_path, "outcomes", "last", "--format", "jsonl", "--limit", "7")
    assert len(limited.out.splitlines()) == 7


MIXED = """\
{"id":"a","email":"e","n":"x"}
{"id":"b","email":"e","phone":"123","ship":{"city":"Leeds"},"n":"y"}
{"id":"c","email":["e"],"price":1.10,"n":"z"}
"""


def write_mixed(folder: Path) -> None:
    """Records that don't all have the same fields, and a step that none of them passes."""
    (folder / "endpoints").mkdir()
    (folder / "operations").mkdir()
    (folder / "project.yaml").write_text("name: mixed\n")
    (folder / "in.jsonl").write_text(MIXED)
    (folder / "endpoints/files.yaml").write_text(
        "connector: files\nactivities:\n  in: {type: read, path: in.jsonl}\n"
        "  out: {type: write, path: out.jsonl}\n"
    )
    lines = "".join(
        f"  - {{to: {path.rpartition('.')[2]}, from: {path}}}\n"
        for path in ("id", "email", "phone", "ship.city", "price")
    )
    (folder / "operations/copy.yaml").write_text(
        f"source: files/in\ntarget: files/out\nidentity: id\nmapping:\n{lines}"
        "  - {to: n, from: n, steps: [to_integer]}\nresults:\n  problems: problems.csv\n"
    )


async def test_a_mended_file_keeps_every_field(tmp_path: Path) -> None:
    write_mixed(tmp_path)
    assert (await connector(tmp_path, "run", "copy")).status == 3
    written = (tmp_path / "problems.csv").read_text()
    for old, new in (("x", "1"), ("y", "2"), ("z", "3")):
        written = written.replace(f",{old},", f",{new},")
    (tmp_path / "problems.csv").write_text(written)
    said = await connector(tmp_path, "retry", "last", "--from", "problems.csv")
    assert said.status == 1
    assert "write its own results over problems.csv" in said.err
    assert (tmp_path / "problems.csv").read_text() == written
    (tmp_path / "mended.csv").write_text(written)
    said = await connector(tmp_path, "retry", "last", "--from", "mended.csv")
    assert said.status == 0, said
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == [
        {"id": "a", "email": "e", "n": 1},
        {"id": "b", "email": "e", "phone": "123", "city": "Leeds", "n": 2},
        {"id": "c", "email": ["e"], "price": 1.1, "n": 3},
    ]


async def test_what_stands_in_two_places_is_a_problem(tmp_path: Path) -> None:
    write_mixed(tmp_path)
    await connector(tmp_path, "run", "copy")
    (tmp_path / "mended.csv").write_text('id,phone,n,_more\na,1,1,"{""phone"":""2""}"\nb,,2,{\n')
    said = await connector(tmp_path, "retry", "last", "--from", "mended.csv", "--json")
    assert (said.status, said.end["refused"]) == (3, 2)
    assert (tmp_path / "problems.csv").read_text().count("_more holds what doesn't fit") == 2
