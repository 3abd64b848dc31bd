"""Files as targets, and what was written to them."""

import gzip
from pathlib import Path

from connector_agent.connectors.files.connection import FilesConnection
from connector_agent.connectors.files.target import FileTarget
from connector_sdk import JSON, Activity, Cursor


async def opened(
    connection: FilesConnection, path: str, resume: Cursor | None = None, **settings: JSON
) -> FileTarget:
    activity = Activity("a", "write", settings={"path": path, **settings})
    return await connection.target(activity, resume)


def requests(start: int, stop: int) -> list[bytes]:
    return [b'{"id":"%d"}' % number for number in range(start, stop)]


def held(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data
