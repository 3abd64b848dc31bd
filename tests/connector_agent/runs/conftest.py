"""A ledger for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connector_agent.runs.memory import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.database.close()
