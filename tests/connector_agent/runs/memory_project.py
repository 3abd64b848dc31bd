"""A project that copies a list from one SQLite file to another, with the memory connector."""

import os
import sqlite3
import sys
from collections import Counter
from pathlib import Path

from connector_sdk.memory import Store
from connector_sdk.memory import store as stored

ENTRY_POINT = "[connector_sdk.connectors]\nmemory = connector_sdk.memory:MemoryConnector\n"


def write_project(folder: Path, kind: str, records: int, size: int = 100) -> None:
    """Records "P1", "P2" and so on in source.db; the target is of the activity type `kind`."""
    for name in ("endpoints", "operations"):
        (folder / name).mkdir(parents=True)
    (folder / "project.yaml").write_text("name: memory\n")
    (folder / "endpoints" / "here.yaml").write_text(
        "connector: memory\nconnection:\n  file: source.db\n"
        f"activities:\n  all:\n    type: read\n    on: people\n    size: {size}\n"
    )
    (folder / "endpoints" / "there.yaml").write_text(
        "connector: memory\nconnection:\n  file: target.db\n"
        f"activities:\n  new:\n    type: {kind}\n    on: people\n"
    )
    (folder / "operations" / "copy.yaml").write_text(
        "source: here/all\nidentity: name\ntarget: there/new\n"
    )
    fill(folder, range(1, records + 1))


def fill(folder: Path, numbers: range) -> None:
    """Adds records to the source."""
    kept = Store(str(folder / "source.db"))
    kept._do(
        lambda connection: stored.add(
            connection,
            [stored.Thing("people", f"P{n}", b'{"name":"P%d","age":%d}' % (n, n)) for n in numbers],
        )
    )
    kept.close()


def names(folder: Path) -> Counter[str]:
    """How often each record is in the target."""
    if not (folder / "target.db").exists():
        return Counter()
    connection = sqlite3.connect(folder / "target.db")
    try:
        return Counter(name for (name,) in connection.execute("select name from things"))
    finally:
        connection.close()


def environ_with_memory(folder: Path) -> dict[str, str]:
    """The environment of a process in which the memory connector is installed."""
    site = folder / "site"
    info = site / "memory_connector-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: memory-connector\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(site), *sys.path])}
