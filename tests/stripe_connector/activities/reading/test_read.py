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


async def test_ids_in_their_order(bench: Workbench) -> None:
    ids = [outcome.id for outcome in await bench.write("create", "customers", *[{}] * 25)]
    source = await bench.source("read", "customers", ids=ids)
    found = records(await all_pages(source))
    assert [json.loads(record.raw)["id"] for record in found] == ids
    assert [record.seq for record in found] == list(range(1, 26))
    assert found[3].at == f"customers {ids[3]}"
    assert await source.total() == 25


async def test_every_cursor_goes_on(bench: Workbench) -> None:
    ids = [outcome.id for outcome in await bench.write("create", "customers", *[{}] * 25)]
    source = await bench.source("read", "customers", ids=ids)
    pages = await all_pages(source)
    assert await all_pages(source, pages[0].after) == pages[1:]
    assert await all_pages(source, pages[-1].after) == []


async def test_a_missing_id_is_a_record_with_a_problem(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    source = await bench.source("read", "customers", ids=[ada, "cus_nobody", ada])
    first, missing, last = records(await all_pages(source))
    assert first.problem is None
    assert last.problem is None
    assert missing.problem is not None
    assert missing.problem.code == "resource_missing"
    assert missing.problem.at == "customers cus_nobody"
    assert json.loads(missing.raw) == {"id": "cus_nobody"}


async def test_a_deleted_object_reads_as_deleted(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    await bench.write("delete", "customers", {"id": ada})
    assert await bench.read("read", "customers", ids=ada) == [
        {"id": ada, "object": "customer", "deleted": True}
    ]


async def test_nested_objects_and_expand(bench: Workbench) -> None:
    ada = await bench.make("customers", name="Ada")
    made = await bench.make("customers.tax_ids", customer=ada, type="eu_vat", value="DE1")
    (found,) = await bench.read(
        "read", "customers.tax_ids", ids=made, parents={"customer": ada}, expand=["customer"]
    )
    assert found["id"] == made
    assert found["customer"]["name"] == "Ada"


async def test_an_object_without_id(bench: Workbench) -> None:
    (balance,) = await bench.read("read", "balance")
    assert balance["object"] == "balance"


async def test_a_stopping_host_ends_the_reading(bench: Workbench) -> None:
    ids = [outcome.id for outcome in await bench.write("create", "customers", *[{}] * 15)]
    pages = (await bench.source("read", "customers", ids=ids)).read(None)
    assert len((await anext(pages)).records) == 10
    bench.host.stop()
    assert [page async for page in pages] == []


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
