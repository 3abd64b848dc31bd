"""The battery of the contract, on both formats, plain and gzip."""

import gzip
from pathlib import Path

import pytest
from connector_agent.connectors.files.connector import FilesConnector
from connector_sdk import JSON, Activity, MemoryHost
from connector_sdk.conformance import Battery, Subject


class TestConformance(Battery):
    @pytest.fixture(params=["jsonl", "csv", "jsonl.gz", "csv.gz"])
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
        ending = str(request.param)
        rows = "".join(f"{number},name {number}\n" for number in range(1, 1502))
        (tmp_path / "in.csv").write_text(f"id,name\n{rows}", encoding="utf-8")
        final = tmp_path / "out" / f"customers.{ending}"

        async def held() -> int:
            if not final.exists():
                return 0
            data = final.read_bytes()
            lines = (gzip.decompress(data) if ending.endswith(".gz") else data).splitlines()
            return len(lines) - (ending.startswith("csv") and bool(lines))

        settings: dict[str, JSON] = {"path": f"out/customers.{ending}"}
        stated: dict[str, JSON] = {**settings, "columns": ["id", "name"]}
        is_csv = ending.startswith("csv")
        return Subject(
            connector=FilesConnector(),
            settings={"folder": "."},
            wrong_settings=[({"folder": "../elsewhere"}, "folder"), ({"folder": ["a"]}, "folder")],
            source=Activity("customers", "read", settings={"path": "in.csv"}),
            target=Activity("list", "write", settings=stated if is_csv else settings),
            good=[b'{"id":"%d","name":"Zo\xc3\xab"}' % number for number in range(5)],
            bad=[(b'{"id":"1","nam":"x"}', "nam")] if is_csv else [],
            faults=[
                (Activity("a", "read", settings={"path": "../in.csv"}), "path"),
                (Activity("a", "read", settings={"path": "missing.csv"}), "path"),
                (Activity("a", "read", settings={}), "path"),
                (Activity("a", "read", on="x", settings={"path": "in.csv"}), "on"),
                (Activity("a", "write", settings={"path": "a.txt"}), "format"),
                (Activity("a", "write", settings={"path": "."}), "path"),
                (Activity("a", "write", settings={"path": "a.jsonl", "columns": ["a"]}), "columns"),
            ],
            held=held,
            host=MemoryHost(folder=tmp_path),
        )
