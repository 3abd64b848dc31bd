"""Whether a run would recognise what was written before it: not where an operation was renamed
by hand, nor where its records are told apart by other fields than before."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from connector_sdk import Problem
from sqlalchemy import Connection, select

from connector_agent.project import OperationDocument, Project
from connector_agent.project.names import canonical
from connector_agent.project.references import lookups
from connector_agent.runs.identity_scope import count_written, has_identities
from connector_agent.runs.run import UNFINISHED
from connector_agent.store.tables import runs


def unrecognised(
    connection: Connection, project: Project, operation: str, scope: str
) -> list[Problem]:
    """What a run of `operation` on `scope` would write once more, or would look up in vain,
    because it was written under another name or another identity."""
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
    """The same of several operations on every account that the project has written to, as
    warnings."""
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
            f"{name!r} tells records apart by {_listed(document.identity)} now, and its last run "
            f"on {scope} did by {_listed(before.identity)}. Unless the values are the same, it "
            f"recognises none of the {count_written(connection, scope, name):,} records that it "
            "wrote, and writes them again.",
            f"Put `identity: {_yaml(before.identity)}` back. If the values are the same, or all is "
            f"to be written anew: {again}",
            path="identity",
            line=document.position(("identity",)),
        )


def _lost(
    connection: Connection, project: Project, document: OperationDocument, scope: str
) -> Iterator[str]:
    """The operations that wrote to the target of `document` and that the project no longer
    has."""
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
    """A target as it is written in an operation, and what is done there with which object."""

    place: str
    what: tuple[object, ...]

    @classmethod
    def of(cls, operation: Any, endpoint: Any) -> "_Target":
        """The target in the text of an operation and of its endpoint."""
        name, activity = _split(operation["target"])
        entry = endpoint["activities"][activity]
        what = (endpoint["connector"], *(entry.get(key) for key in ("type", "on", "action")))
        return cls(f"{name}/{activity}", what)


class _Last(NamedTuple):
    """What a run was made from, as far as it says whose records are whose."""

    identity: tuple[str, ...]
    target: _Target
    unfinished: bool


def _last(connection: Connection, scope: str, operation: str) -> _Last | None:
    """The last run on `scope` that came to read anything and told its records apart."""
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
