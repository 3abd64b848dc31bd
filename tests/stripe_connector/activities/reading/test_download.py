"""PDFs and contents of files, written into a folder."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from connector_sdk import Activity, SettingError, TargetFullError
from stripe_connector.sandbox.request import Fault, SandboxRequest
from stripe_connector.stripe import Stripe

from tests.stripe_connector.workbench import Workbench, all_pages, records


@pytest.fixture
def project(bench: Workbench, tmp_path: Path) -> Path:
    bench.host.folder = tmp_path
    return tmp_path


async def pdfs(bench: Workbench, ids: Any, folder: str = "out/quotes") -> list[Any]:
    source = await bench.source("read", "quotes", "pdf", ids=ids, folder=folder)
    return records(await all_pages(source))


async def test_each_file_is_written_under_its_id(bench: Workbench, project: Path) -> None:
    ids = [await bench.make("quotes") for _ in range(12)]
    found = await pdfs(bench, ids)
    assert [json.loads(record.raw)["id"] for record in found] == ids
    first = json.loads(found[0].raw)
    file = project / first["path"]
    assert first == {
        "id": ids[0],
        "path": f"out/quotes/{ids[0]}.pdf",
        "bytes": file.stat().st_size,
        "content_type": "application/pdf",
    }
    assert ids[0].encode() in file.read_bytes()
    assert len(list((project / "out/quotes").iterdir())) == 12


async def test_reading_again_is_harmless(bench: Workbench, project: Path) -> None:
    made = await bench.make("quotes")
    (first,) = await pdfs(bench, made)
    before = (project / f"out/quotes/{made}.pdf").stat()
    assert await pdfs(bench, made) == [first]
    assert (project / f"out/quotes/{made}.pdf").stat().st_mtime_ns == before.st_mtime_ns


async def test_files_are_the_owners_alone_whatever_the_umask(
    bench: Workbench, project: Path
) -> None:
    made = await bench.make("quotes")
    before = os.umask(0)
    try:
        await pdfs(bench, made)
    finally:
        os.umask(before)
    found = (project / "out", project / "out/quotes", project / f"out/quotes/{made}.pdf")
    assert [stat.S_IMODE(path.stat().st_mode) for path in found] == [0o700, 0o700, 0o600]


async def test_another_content_is_never_replaced(bench: Workbench, project: Path) -> None:
    made = await bench.make("quotes")
    file = project / "out" / f"{made}.pdf"
    file.parent.mkdir()
    file.write_bytes(b"mine")
    (record,) = await pdfs(bench, made, "out")
    assert record.problem.code == "file_differs"
    assert file.read_bytes() == b"mine"
    assert [each.name for each in file.parent.iterdir()] == [file.name]


async def test_what_stripe_refuses_leaves_no_file(bench: Workbench, project: Path) -> None:
    made = await bench.make("quotes")
    missing, good = await pdfs(bench, ["qt_none", made])
    assert (missing.problem.code, missing.problem.at) == ("resource_missing", "quotes qt_none")
    assert good.problem is None
    assert [each.name for each in (project / "out/quotes").iterdir()] == [f"{made}.pdf"]


async def test_an_answer_that_breaks_off_leaves_no_file(bench: Workbench, project: Path) -> None:
    made = await bench.make("quotes")

    async def drop(request: SandboxRequest) -> Fault | None:
        return Fault(drop=True) if request.path.endswith("/pdf") else None

    bench.sandbox.on_answer = drop
    with pytest.raises(Exception, match="dropped"):
        await pdfs(bench, made)
    assert list((project / "out/quotes").iterdir()) == []


@pytest.mark.parametrize("id", ["../qt_1", "a/b", "", ".", "x" * 201])
async def test_an_id_is_no_path(bench: Workbench, project: Path, id: str) -> None:
    if not id:
        with pytest.raises(SettingError):
            await pdfs(bench, id)
        return
    (record,) = await pdfs(bench, id)
    assert record.problem.code == "wrong_id"
    assert bench.sandbox.requests["GET /v1/quotes/{quote}/pdf"] == 0


async def test_the_folder_is_within_the_project(bench: Workbench, project: Path) -> None:
    for folder in ("..", "/tmp", "out/../../elsewhere"):
        with pytest.raises(SettingError, match="outside of the project"):
            await pdfs(bench, "qt_1", folder)


async def test_a_folder_that_cannot_be_made(bench: Workbench, project: Path) -> None:
    (project / "out").write_text("a file")
    with pytest.raises(SettingError, match="can't be made"):
        await pdfs(bench, "qt_1", "out/quotes")


async def test_a_folder_that_goes_away(bench: Workbench, project: Path) -> None:
    made = await bench.make("quotes")
    source = await bench.source("read", "quotes", "pdf", ids=made, folder="out")
    (project / "out").rmdir()
    with pytest.raises(TargetFullError, match="can't be written"):
        await all_pages(source)


async def test_no_folder_is_told_by_the_check(bench: Workbench) -> None:
    (problem,) = await bench.connection.check(Activity("a", "read", "quotes", "pdf", {"ids": "q"}))
    assert (problem.code, problem.path) == ("missing_field", "folder")


async def test_the_schema_is_that_of_the_record(bench: Workbench, project: Path) -> None:
    made = await bench.make("quotes")
    activity = Activity("a", "read", "quotes", "pdf", {"ids": made, "folder": "out"})
    fields = (await bench.connection.schemas(activity)).response.fields
    (record,) = await pdfs(bench, made)
    assert [field.name for field in fields] == list(json.loads(record.raw))


async def test_contents_of_an_upload_from_python(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logo.png").write_bytes(bytes(range(256)) * 300)
    async with Stripe("sk_test_bench", address=bench.sandbox.address) as stripe:
        file = {"purpose": "business_logo", "file": "logo.png"}
        made = await stripe.create("files", file)
        told = await stripe.read("files", made["id"], action="contents", folder="kept")
    assert told["path"] == f"kept/{made['id']}.png"
    assert (tmp_path / told["path"]).read_bytes() == (tmp_path / "logo.png").read_bytes()
