"""Gives an operation another name, in the project's files and in the ledger.

Lookups in other operations are changed first, then the file is renamed, and last, in one
transaction, the ledger. Whatever is cut off in between is as after a rename by hand: no run
begins before the same rename is done once more, and that does what is left.
"""

import stat
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from connector_sdk import Problem, SettingError
from sqlalchemy import Connection, select, update

from connector_agent.project import STATE, Project
from connector_agent.project.names import canonical, name_fault, nearest
from connector_agent.project.references import lookups, with_lookups
from connector_agent.runs.identity_scope import count_written, hand_on, has_identities
from connector_agent.runs.lock import OperationLock
from connector_agent.runs.run import UNFINISHED, unfinished_run
from connector_agent.store import Database
from connector_agent.store.tables import identities, runs


class Renamed(NamedTuple):
    """What a rename did: the operation's file, or "" where that had its new name already; the
    other files whose lookups were changed; how many runs and written records are known by the
    new name now."""

    file: str
    changed: Sequence[str]
    runs: int
    written: int


def rename_operation(project: Project, database: Database, old: str, new: str) -> Renamed:
    """Renames the operation `old`, or does what is left of that where its file was renamed by
    hand. Raises SettingError where that can't be done."""
    old, new = canonical(old), canonical(new)
    _require_free(project, old, new)
    by_hand = old not in project.operations
    with ExitStack() as stack:
        for name in {each.casefold(): each for each in (old, new)}.values():
            stack.enter_context(OperationLock(project.folder / STATE / "locks", name))
        database.call_now(lambda connection: _require_movable(connection, old, new, by_hand))
        file, changed = _change_files(project, old, new)
        runs_, written = database.call_now(lambda connection: _move(connection, old, new, by_hand))
    return Renamed(file, changed, runs_, written)


def _require_free(project: Project, old: str, new: str) -> None:
    fault = name_fault(new) or ("it has that name" if old == new else "")
    if fault:
        raise SettingError(
            Problem(
                "bad_name",
                f"The operation {old!r} can't be renamed to {new!r}: {fault}.",
                "Choose another name.",
            )
        )
    if old not in project.operations and new in project.operations:
        return  # renamed by hand
    project.operation(old)
    own = project.folder / project.operations[old].document.file
    there = own.with_name(f"{new}.yaml")
    folded = {each.casefold(): each for each in project.operations if each != old}
    if new.casefold() in folded or (there.exists() and not there.samefile(own)):
        taken = f"operations/{folded.get(new.casefold(), new)}.yaml"
        raise SettingError(
            Problem("name_taken", f"{taken} exists already.", "Choose another name.", line=taken)
        )


def _require_movable(connection: Connection, old: str, new: str, by_hand: bool) -> None:
    """Raises SettingError where the ledger of `old` can't become that of `new`."""
    known = connection.scalars(select(runs.c.operation).distinct()).all()
    if by_hand and old not in known:
        raise SettingError(
            Problem(
                "unknown_operation",
                f"There is no operation {old!r}, in the project or in its ledger.",
                nearest(old, known) or "'connector runs' lists the names that the ledger knows.",
            )
        )
    for name in (old, new):
        run = unfinished_run(connection, name)
        if run is not None:
            raise SettingError(_unfinished(run.id, f"of {name!r}"))
    for identifier, operation, snapshot in connection.execute(
        select(runs.c.id, runs.c.operation, runs.c.snapshot).where(runs.c.status.in_(UNFINISHED))
    ):
        if any(name == old for name in _looked_up(orjson.loads(snapshot))):
            what = f"of {operation!r}, which looks up what {old!r} wrote,"
            raise SettingError(_unfinished(identifier, what))
    for scope in _scopes(connection, old):
        if has_identities(connection, scope, new):
            raise SettingError(
                Problem(
                    "both_have_written",
                    f"Both {old!r} and {new!r} have written to {scope}, and what both of them "
                    "wrote can't be put together.",
                    "Choose a name that the ledger doesn't know, or leave the names as they are.",
                )
            )


def _unfinished(run: str, what: str) -> Problem:
    return Problem(
        "run_unfinished",
        f"The run {run} {what} has not finished.",
        f"Let it come to its end first: connector resume {run}; where it can't go on: "
        f"connector abandon {run}",
    )


def _looked_up(snapshot: Any) -> Iterator[str]:
    for document in snapshot["operations"].values():
        yield from (name for _, name in lookups(document["value"].get("mapping")))


def _change_files(project: Project, old: str, new: str) -> tuple[str, list[str]]:
    """Replaces the files that look up in `old`, each whole at any time, and renames its own."""
    folder = project.folder
    changed: dict[str, bytes] = {}
    try:
        for document in project.documents.operations.values():
            data = (folder / document.file).read_bytes()
            encoding = "utf-8-sig" if data.startswith(BOM_UTF8) else "utf-8"
            after = with_lookups(data.decode(encoding), document.file, old, new).encode(encoding)
            if after != data:
                changed[document.file] = after
        for file, data in changed.items():
            _replace((folder / file).resolve(), data)
        if old not in project.operations:
            return "", list(changed)
        path = folder / project.operations[old].document.file
        target = path.rename(path.with_name(f"{new}.yaml"))
    except OSError as error:
        raise SettingError(
            Problem(
                "file_unwritable",
                f"The files of the operation {old!r} can't be changed: "
                f"{error.strerror or error} ({error.filename}).",
                "Look at the permissions, then rename again.",
            )
        ) from error
    return target.relative_to(folder).as_posix(), list(changed)


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".#{path.name}")
    beside.write_bytes(data)
    beside.chmod(stat.S_IMODE(path.stat().st_mode))
    beside.replace(path)


def _move(connection: Connection, old: str, new: str, by_hand: bool) -> tuple[int, int]:
    """Makes the ledger of `old` that of `new`: how many runs and written records that are."""
    _require_movable(connection, old, new, by_hand)  # a run may have begun meanwhile
    written = 0
    for scope in _scopes(connection, old):
        hand_on(connection, scope, old, new)
        written += count_written(connection, scope, new)
    for identifier, snapshot in connection.execute(
        select(runs.c.id, runs.c.snapshot).where(
            runs.c.operation == old, runs.c.status.in_(UNFINISHED)
        )
    ).all():
        connection.execute(
            update(runs).where(runs.c.id == identifier).values(snapshot=_renamed(snapshot, new))
        )
    moved = connection.execute(update(runs).where(runs.c.operation == old).values(operation=new))
    return moved.rowcount, written


def _scopes(connection: Connection, operation: str) -> list[str]:
    """The accounts on which identities of `operation` are remembered."""
    known = connection.scalars(select(identities.c.scope).distinct()).all()
    return [scope for scope in sorted(known) if has_identities(connection, scope, operation)]


def _renamed(snapshot: bytes, new: str) -> bytes:
    """The snapshot of a run that stopped before it had anything; it can still be resumed."""
    stored = orjson.loads(snapshot)
    (document,) = stored["operations"].values()
    return orjson.dumps({**stored, "operations": {new: document}})
