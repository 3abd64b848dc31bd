"""A ledger that lost something: what is noticed, what stays as it is, and what is adopted."""

import json
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from connector_agent.store import Database
from connector_agent.store import database as module
from connector_agent.store.mark import (
    Mark,
    generation_of,
    loss_in,
    mark_at_once,
    mark_of,
    read_mark,
)
from connector_agent.store.tables import identities
from connector_sdk import SettingError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, insert, select

Open = Callable[[], Database]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Open]:
    """Opens the ledger, as another process would."""
    made: list[Database] = []

    def opening() -> Database:
        for each in made:
            each.close()
        made[:] = [Database(path)]
        return made[0]

    yield opening
    for each in made:
        each.close()


def add(name: str) -> Callable[[Connection], None]:
    def adding(connection: Connection) -> None:
        mark_at_once(connection)
        connection.execute(
            insert(identities).values(
                scope="a", identity_scope="o", identity=name, state="written", object="x",
                attempt=0, run="r", seq=1, updated=0.0,
            )
        )  # fmt: skip

    return adding


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(identities)) or 0


async def filled(opened: Open, names: str) -> None:
    database = opened()
    for name in names:
        await database.call(add(name))
    database.close()


def unlink(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def nonsense(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


def another(path: Path) -> None:
    path.unlink()
    mark = mark_of(path)
    kept = mark.read_bytes()
    mark.unlink()
    database = Database(path)
    database.call_now(add("other"))
    database.close()
    mark.write_bytes(kept)


def unmark(path: Path) -> None:
    mark_of(path).write_text("{}")


LOSSES = [
    (unlink, "is missing", "ledger_lost"),
    (empty, "is empty", "ledger_lost"),
    (cut, "is damaged", "ledger_damaged"),
    (nonsense, "is damaged", "ledger_damaged"),
    (another, "is another one", "ledger_lost"),
    (unmark, "can't be read", "ledger_lost"),
]


@pytest.mark.parametrize(
    ("lose", "told", "code"), LOSSES, ids=[each[0].__name__ for each in LOSSES]
)
async def test_a_loss_is_noticed_and_adopted_once(
    path: Path, opened: Open, lose: Callable[[Path], None], told: str, code: str
) -> None:
    await filled(opened, "abc")
    lose(path)
    before = path.read_bytes() if path.exists() else None
    database = opened()
    lost = await database.lost()
    assert lost is not None
    assert (lost.code, told in lost.message) == (code, True)
    with pytest.raises(SettingError) as error:
        await database.call(add("d"))
    assert error.value.problem.code == code
    assert "connector ledger restore" in error.value.problem.remedy
    database.close()
    assert (path.read_bytes() if path.exists() else None) == before  # nothing is begun by itself
    database = opened()
    assert await database.lost(thorough=True) is not None
    await database.adopt()
    assert await database.lost() is None
    await database.call(add("d"))
    assert told in await database.call(loss_in)
    assert await opened().lost(thorough=True) is None
    asides = [*path.parent.glob("ledger-*.db")]
    assert len(asides) == (lose in (cut, nonsense, empty))


async def test_an_old_copy_says_how_much_is_missing(path: Path, opened: Open) -> None:
    await filled(opened, "ab")
    shutil.copy(path, path.with_name("old"))
    await filled(opened, "cde")
    shutil.copy(path.with_name("old"), path)
    database = opened()
    lost = await database.lost()
    assert lost is not None
    assert "its last 3 changes are missing" in lost.message
    assert await database.call(count) == 2  # it can be read


async def test_a_log_that_was_lost_is_noticed(path: Path, opened: Open) -> None:
    await filled(opened, "ab")
    killed = Database(path)
    for name in "cd":
        await killed.call(add(name))
    for part in (path, path.with_name("ledger.db-wal"), mark_of(path)):
        shutil.copy(part, path.parent / f"killed {part.name}")
    killed.close()
    for part in path.parent.glob("killed *"):
        if not part.name.endswith("-wal"):
            part.rename(path.with_name(part.name.removeprefix("killed ")))
    lost = await opened().lost()
    assert lost is not None
    assert "its last 2 changes are missing" in lost.message


async def test_without_any_loss_nothing_is_said(path: Path, opened: Open) -> None:
    assert await opened().lost() is None
    await filled(opened, "ab")
    assert await opened().lost(thorough=True) is None
    mark_of(path).unlink()  # as a project has none that an older version used
    assert await opened().lost() is None
    await filled(opened, "c")
    assert mark_of(path).exists()


async def test_a_beginning_that_was_cut_off_is_no_loss(path: Path, opened: Open) -> None:
    path.touch()
    assert await opened().lost() is None
    await filled(opened, "a")


async def test_the_ledger_that_is_found_again_is_the_right_one(path: Path, opened: Open) -> None:
    await filled(opened, "ab")
    path.rename(path.with_name("moved"))
    assert await opened().lost() is not None
    path.with_name("moved").rename(path)
    database = opened()
    assert await database.lost() is None
    assert await database.call(count) == 2


async def test_a_copy_of_before_is_not_taken_after_an_adoption(path: Path, opened: Open) -> None:
    await filled(opened, "ab")
    shutil.copy(path, path.with_name("old"))
    path.unlink()
    database = opened()
    assert await database.lost() is not None
    await database.adopt()
    database.close()
    shutil.copy(path.with_name("old"), path)
    lost = await opened().lost()
    assert lost is not None
    assert "another one" in lost.message


async def test_the_mark_is_its_owners(path: Path, opened: Open) -> None:
    await filled(opened, "a")
    assert stat.S_IMODE(mark_of(path).stat().st_mode) == 0o600
    held = json.loads(mark_of(path).read_text())
    assert sorted(held) == ["at", "generation", "ledger"]


async def test_the_mark_follows_what_does_not_ask_for_it(
    path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(opened, "a")
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    database = opened()

    async def behind() -> int:
        def change(connection: Connection) -> int:
            add(str(clock[0]))(connection)
            connection.info.clear()
            return generation_of(connection).generation + 1

        now = await database.call(change)
        mark = read_mark(mark_of(path))
        assert mark is not None
        return now - mark.generation

    assert await behind() == 0  # the first change after the opening
    clock[0] += 1.0
    assert await behind() == 1
    clock[0] += 1.0
    assert await behind() == 0
    clock[0] += 1.0
    assert await behind() == 1
    await database.mark()
    assert await opened().lost() is None


async def test_a_mark_that_can_not_be_written_is_told(
    path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = opened()

    def full(path: Path, mark: Mark) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_mark", full)
    with pytest.raises(Exception, match="No space left") as error:
        await database.call(add("a"))
    assert "Free space" in str(error.value)
    monkeypatch.undo()
    assert await opened().lost() is None  # the ledger is ahead of its mark, which is no loss


@given(st.lists(st.sampled_from(["change", "read", "kill", "copy"]), max_size=12))
def test_a_mark_is_never_ahead_of_a_ledger_that_is_whole(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    database = Database(path)
    killed: list[Engine | None] = []
    for number, step in enumerate(steps):
        match step:
            case "change":
                work = add(str(number))
                database.call_now(work)
            case "read":
                database.call_now(count)
            case "kill":
                killed.append(database._engine)
                database._engine = None  # what was committed stays, and nothing is closed
                database.close()
                database = Database(path)
            case "copy":
                with closing(sqlite3.connect(path)) as other:
                    other.execute("PRAGMA wal_checkpoint")
        mark = read_mark(mark_of(path))
        now = database.call_now(generation_of)
        assert mark is None or (mark.ledger, mark.generation <= now.generation) == (
            now.ledger,
            True,
        )
    database.close()
    for engine in killed:
        if engine is not None:
            engine.dispose()
