"""The battery of the contract, on each format and each way of packing."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.connectors.files.opening import PACKINGS, Stored, reading
from connector_sdk import JSON, Activity, MemoryHost
from connector_sdk.conformance import Battery, Subject
from openpyxl import Workbook, load_workbook

ROWS = [{"id": number, "name": f"name {number}"} for number in range(1, 1202)]


def made(path: Path) -> None:
    """A file to read, in the format of its ending."""
    path.parent.mkdir(exist_ok=True)
    match path.suffix:
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        case ".json":
            path.write_text(json.dumps({"data": {"items": ROWS}}, indent=1))
        case ".xlsx":
            book = Workbook(write_only=True)
            sheet = book.create_sheet("a")
            for row in (["id", "name"], *([*each.values()] for each in ROWS)):
                sheet.append(row)
            book.save(path)
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(ROWS), path)
        case _:
            lines = "".join(f"{row['id']},{row['name']}\n" for row in ROWS)
            path.write_text(f"id,name\n{lines}")


def counted(path: Path) -> int:
    """The records in a file that was written, by other code than ours where there is any."""
    name = path.name
    if ".xlsx" in name:
        return max(len(list(load_workbook(path).worksheets[0].values)) - 1, 0)
    if ".parquet" in name:
        return int(pq.read_metadata(path).num_rows)
    with reading(Stored(path, PACKINGS.get(path.suffix, ""))) as file:
        data = file.read()
    if ".jsonl" in name:
        return len(data.splitlines())
    if ".json" in name:
        return len(json.loads(data))
    return max(len(list(csv.reader(io.StringIO(data.decode(), newline="")))) - 1, 0)


TARGETS = (
    *("jsonl", "jsonl.gz", "csv", "csv.gz", "csv.bz2", "json", "json.gz", "json.xz"),
    *("csv.zip", "xlsx", "parquet"),
)


class TestConformance(Battery):
    @pytest.fixture(
        params=[*TARGETS, "columns of csv.xz", "columns of csv", "columns of xlsx", "moved jsonl"]
    )
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
        first, _, last = str(request.param).rpartition(" ")
        stated, moved = first == "columns of", first == "moved"
        final = tmp_path / "out" / f"customers.{last}"
        kind = last.partition(".")[0]
        if kind == "csv" and not stated:
            source: dict[str, JSON] = {"path": "in/*.csv"}
            made(tmp_path / "in" / "b.csv")
        else:
            source = {"path": f"in/a.{kind}"}
        made(tmp_path / "in" / f"a.{kind}")
        if kind == "json":
            source["at"] = "data.items"
        settings: dict[str, JSON] = {"path": f"out/customers.{last}"}
        if stated:
            settings["columns"] = ["id", "name"]
        if moved:
            source["after"] = {"move_to": "done"}

        async def held() -> int:
            return counted(final) if final.exists() else 0

        async def changed() -> None:
            """What changed since it was read is not put away."""
            with (tmp_path / "in" / f"a.{kind}").open("a") as file:
                file.write("{}\n")

        return Subject(
            connector=FilesConnector(),
            settings={"folder": "."},
            wrong_settings=[({"folder": "../elsewhere"}, "folder"), ({"folder": ["a"]}, "folder")],
            source=Activity("customers", "read", settings=source),
            target=Activity("list", "write", settings=settings),
            good=[b'{"id":"%d","name":"Zo\xc3\xab"}' % number for number in range(5)],
            bad=[(b'{"id":"1","nam":"x"}', "nam")] if stated else [],
            faults=[
                (Activity("a", "read", settings={"path": "../in.csv"}), "path"),
                (Activity("a", "read", settings={"path": "missing.csv"}), "path"),
                (Activity("a", "read", settings={"path": "missing/*.csv"}), "path"),
                (Activity("a", "read", settings={}), "path"),
                (Activity("a", "read", on="x", settings={"path": "in.csv"}), "on"),
                (Activity("a", "read", settings={**source, "after": {"move_to": ".."}}), MOVE_TO),
                (Activity("a", "write", settings={"path": "a.txt"}), "format"),
                (Activity("a", "write", settings={"path": "."}), "path"),
                (Activity("a", "write", settings={"path": "a.jsonl", "columns": ["a"]}), "columns"),
                (Activity("a", "write", settings={"path": "a.xlsx", "sheet": "a/b"}), "sheet"),
                (Activity("a", "write", settings={"path": "a.xlsx.gz"}), "path"),
            ],
            held=held,
            unfinishable=changed if moved else None,
            host=MemoryHost(folder=tmp_path, state=tmp_path / ".connector"),
        )


MOVE_TO = "after.move_to"
