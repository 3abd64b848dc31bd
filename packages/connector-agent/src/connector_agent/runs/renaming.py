"""Renamed operations: what is done, and whether a run would still recognise what was written.

It wouldn't after a rename by hand, or where records are now told apart by other fields.
"""

import shlex
import stat
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from connector_sdk import Problem, SettingError
from sqlalchemy import Connection, select, update

from connector_agent.project import STATE, OperationDocument, Project
from connector_agent.project.names import canonical, name_fault, nearest
from connector_agent.project.references import lookups, with_lookups
from connector_agent.runs.identities import count_written, hand_on, has_identities
from connector_agent.runs.lock import OperationLock
from connector_agent.runs.run import UNFINISHED, unfinished_run
from connector_agent.store import Database
from connector_agent.store.tables import identities, runs


def unrecognised(
    connection: Connection, project: Project, operation: str, scope: str
) -> list[Problem]:
    """What a run of `operation` on `scope` would write again, or look up in vain, because it was
    written under another name or identity."""
    document = project.operations[operation]
    names = dict.fromkeys((operation, *(name for _, name in lookups(document.mapping))))
    concerned = (project.operations.get(name) for name in names)
    return [
        problem
        for each in concerned
        if each is not None and each.identity and each.options.repeat != "create"
        for problem in _unrecognised(connection, project, each, scope)
    ]


def unrecognised_anywhere(
    connection: Connection, project: Project, operations: Sequence[str]
) -> list[Problem]:
    """The same for several operations on every account written to, as warnings."""
    scopes = connection.scalars(select(runs.c.scope).distinct().order_by(runs.c.scope)).all()
    found = (
        problem._replace(warning=True)
        for operation in operations
        for scope in scopes
        for problem in unrecognised(connection, project, operation, scope)
    )
    return list(dict.fromkeys(found))


def _unrecognised(
    connection: Connection, project: Project, document: OperationDocument, scope: str
) -> Iterator[Problem]:
    name = document.name
    again = f"connector run {shlex.quote(name)} --new"
    if not has_identities(connection, scope, name):
        for lost in _lost(connection, project, document, scope):
            written = count_written(connection, scope, lost)
            yield Problem(
                "perhaps_renamed",
                f"{name!r} has written nothing to {scope} yet, and {lost!r}, which the project no "
                f"longer has, {f'wrote {written:,} records' if written else 'began to write'} "
                "to the same target.",
                f"If it was renamed: connector rename {shlex.quote(lost)} {shlex.quote(name)}; "
                f"what it wrote is recognised then. If it is another operation: {again}",
                line=document.position(),
            )
        return
    before = _last(connection, scope, name)
    if before is not None and before.identity != document.identity:
        yield Problem(
            "identity_changed",
            f"{name!r} now identifies records by {_listed(document.identity)}, but its last run "
            f"on {scope} did by {_listed(before.identity)}. Unless the values are the same, it "
            f"recognises none of the {count_written(connection, scope, name):,} records that it "
            "wrote, and writes them again.",
            f"Put `identity: {_yaml(before.identity)}` back. If the values are the same, or all is "
            f"to be written again: {again}",
            path="identity",
            line=document.position(("identity",)),
        )


def _lost(
    connection: Connection, project: Project, document: OperationDocument, scope: str
) -> Iterator[str]:
    """Operations that wrote to the target of `document` and that the project no longer has."""
    endpoint = project.endpoints[document.target.endpoint]
    here = _Target.of(document.document.value, endpoint.document.value)
    known = connection.scalars(select(runs.c.operation).where(runs.c.scope == scope).distinct())
    for name in sorted(set(known) - set(project.documents.operations)):
        last = _last(connection, scope, name)
        if last is None or not (last.unfinished or has_identities(connection, scope, name)):
            continue
        if last.target.place == here.place or last.target.what == here.what:
            yield name


class _Target(NamedTuple):
    """A target as an operation names it, and what is done there with which object."""

    place: str
    what: tuple[object, ...]

    @classmethod
    def of(cls, operation: Any, endpoint: Any) -> "_Target":
        name, activity = _split(operation["target"])
        entry = endpoint["activities"][activity]
        what = (endpoint["connector"], *(entry.get(key) for key in ("type", "on", "action")))
        return cls(f"{name}/{activity}", what)


class _Last(NamedTuple):
    """The part of a run's snapshot that says which records are the same."""

    identity: tuple[str, ...]
    target: _Target
    unfinished: bool


def _last(connection: Connection, scope: str, operation: str) -> _Last | None:
    """The last run on `scope` that read anything and told its records apart."""
    rows = connection.execute(
        select(runs.c.snapshot, runs.c.status)
        .where(runs.c.operation == operation, runs.c.scope == scope, runs.c.read > 0)
        .order_by(runs.c.created.desc(), runs.c.id.desc())
    )
    for row in rows:
        stored = orjson.loads(row.snapshot)
        (document,) = (each["value"] for each in stored["operations"].values())
        if "identity" in document:
            fields = document["identity"]
            endpoint = stored["endpoints"][_split(document["target"])[0]]["value"]
            return _Last(
                tuple(fields) if isinstance(fields, list) else (fields,),
                _Target.of(document, endpoint),
                row.status in UNFINISHED,
            )
    return None


def _split(place: str) -> tuple[str, str]:
    endpoint, _, activity = canonical(place).partition("/")
    return endpoint.strip(), activity.strip()


def _listed(fields: Sequence[str]) -> str:
    return " and ".join(fields)


def _yaml(fields: Sequence[str]) -> str:
    return fields[0] if len(fields) == 1 else f"[{', '.join(fields)}]"


class Renamed(NamedTuple):
    """The operation's file, or "" where it had its new name; the other files whose lookups
    changed; how many runs and written records moved."""

    file: str
    changed: Sequence[str]
    runs: int
    written: int


def rename_operation(project: Project, database: Database, old: str, new: str) -> Renamed:
    """Renames the operation `old`, or completes a rename by hand. Raises SettingError where that
    can't be done."""
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
            Problem(
                "operation_exists", f"{taken} exists already.", "Choose another name.", line=taken
            )
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
        f"Finish it first: connector resume {run}; if it can't be continued: "
        f"connector abandon {run}",
    )


def _looked_up(snapshot: Any) -> Iterator[str]:
    for document in snapshot["operations"].values():
        yield from (name for _, name in lookups(document["value"].get("mapping")))


def _change_files(project: Project, old: str, new: str) -> tuple[str, list[str]]:
    """Replaces the files that look up in `old`, each atomically, and renames its own."""
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
    """Moves the ledger of `old` to `new`: how many runs and written records."""
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
    """The accounts on which identities of `operation` are stored."""
    known = connection.scalars(select(identities.c.scope).distinct()).all()
    return [scope for scope in sorted(known) if has_identities(connection, scope, operation)]


def _renamed(snapshot: bytes, new: str) -> bytes:
    """The snapshot of a run that stopped before its first record; it can still be resumed."""
    stored = orjson.loads(snapshot)
    (document,) = stored["operations"].values()
    return orjson.dumps({**stored, "operations": {new: document}})
