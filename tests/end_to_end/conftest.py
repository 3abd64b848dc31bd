"""A sandbox, and the runs of the project that a test file makes on it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from connector_agent.runs.runner import Runner
from stripe_connector.sandbox import Sandbox

from tests.end_to_end.crash_project import KEY


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as made:
        yield made


@pytest.fixture
def runner(project: Path) -> Iterator[Runner]:
    made = Runner(project, {"STRIPE_API_KEY": KEY})
    yield made
    made.close()
