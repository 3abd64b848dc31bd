"""Every guarantee with the real runner: a process that is killed loses and doubles nothing."""

import asyncio
import signal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from connector_agent.runs.executions import EXECUTIONS, execution_of
from connector_sdk import Guarantee, SettingError, Target
from connector_sdk.memory.connector import TYPES

from tests.connector_agent.runs.memory_project import (
    environ_with_memory,
    fill,
    names,
    write_project,
)
from tests.warm import call

VICTIM = Path(__file__).with_name("victim.py")
RECORDS = 2000
KINDS = {kind.name: kind.guarantee for kind in TYPES if kind.role == "target"}
BY_ROW = {"create": 300, "append": 300}
"""Target transactions up to a death, for targets that write each record in one of its own."""


async def connector(folder: Path, death: int, when: str, *arguments: str) -> tuple[int, Any]:
    """The exit status and the last line of JSON."""
    said = await asyncio.to_thread(
        partial(call, program=VICTIM, environ=environ_with_memory(folder.parent)),
        folder,
        str(death),
        when,
        *arguments,
        "--json",
    )
    assert said.status in (0, 1, 3, -signal.SIGKILL), said
    return said.status, said.end if said.out else {}


def test_each_guarantee_has_an_execution() -> None:
    assert set(EXECUTIONS) == set(get_args(Guarantee)) == set(KINDS.values())


@pytest.mark.parametrize("guarantee", ["hopeful", "", "transactional"])
def test_others_are_refused(guarantee: str) -> None:
    """A transactional target without a commit is none."""
    with pytest.raises(SettingError) as caught:
        execution_of(cast(Target, SimpleNamespace(guarantee=guarantee)))
    code = "not_transactional" if guarantee == "transactional" else "unknown_guarantee"
    assert caught.value.problem.code == code


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
async def test_killed_in_the_middle(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    write_project(folder, kind, RECORDS)
    deaths = [(BY_ROW.get(kind, 3), "before"), (BY_ROW.get(kind, 2), "after")]
    seen = []
    for death, when in deaths:
        status, end = await connector(folder, death, when, "run", "copy")
        assert status == -signal.SIGKILL, end
        seen.append(sum(names(folder).values()))
    if kind != "replace":  # which shows nothing before it is whole
        assert 0 < seen[0] < seen[1] < RECORDS
    status, end = await connector(folder, 0, "", "run", "copy")
    assert end["status"] == "finished", end
    assert end["read"] == RECORDS
    there = names(folder)
    assert set(there.values()) == {1}, "doubled"
    if kind == "append":
        assert end["written"] + end["unknown"] == RECORDS
        assert end["written"] <= len(there) <= end["written"] + end["unknown"]
        assert 0 < end["unknown"] <= 20, "more are in doubt than were handed over"
    else:
        assert (status, end["written"], end["pending"]) == (0, RECORDS, 0)
        assert len(there) == RECORDS, "lost"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "replace"])
async def test_a_later_run_recognises_what_was_written(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    write_project(folder, kind, 150)
    status, _ = await connector(folder, 0, "", "run", "copy")
    assert status == 0
    fill(folder, range(151, 161))
    status, end = await connector(folder, 0, "", "run", "copy")
    assert (status, end["written"], end["skipped"]) == (0, 10, 150)
    assert names(folder) == {f"P{n}": 1 for n in range(1, 161)}


async def test_what_is_in_doubt_is_sent_again_only_when_a_person_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    write_project(folder, "append", 40)
    status, _ = await connector(folder, 5, "before", "run", "copy")
    assert status == -signal.SIGKILL
    _, end = await connector(folder, 0, "", "run", "copy")
    doubtful = 40 - end["written"]
    assert end["unknown"] == doubtful > 0
    before = names(folder)
    assert set(before.values()) == {1}
    _, end = await connector(folder, 0, "", "run", "copy")
    assert (end["skipped"], end["unknown"], end["written"]) == (40 - doubtful, doubtful, 0)
    assert names(folder) == before
    status, end = await connector(folder, 0, "", "retry", "last", "--unknown")
    assert (status, end["written"]) == (0, doubtful)
    assert len(names(folder)) == 40
