"""A reader, whose sandboxes end with the test."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docs.page import Reader


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    yield Reader(tmp_path)
    for announced in tmp_path.rglob("sandbox.json"):
        pid = json.loads(announced.read_text())["pid"]
        with suppress(OSError):
            # Only if it still is the process that serves this very folder.
            if str(announced.parent) in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGTERM)
