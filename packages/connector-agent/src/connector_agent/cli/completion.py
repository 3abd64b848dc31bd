"""Shell completion. It makes no calls, and offers nothing where it can't find out."""

import asyncio
import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from connector_sdk import (
    Activity,
    ActivityType,
    Command,
    Connection,
    Connector,
    Field,
    Form,
    MemoryHost,
    Option,
    Schemas,
    SettingError,
)

from connector_agent.cli.project_folder import project_folder

Offer = Callable[[typer.Context, str], list[str]]


def _offer(find: Callable[[typer.Context, str], Iterable[str]]) -> Offer:
    """A completion that never fails: a traceback would spoil the command line."""

    @functools.wraps(find)
    def offered(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return list(find(ctx, incomplete))
        except Exception:
            return []

    return offered


# names of a project


@_offer
def endpoints(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The endpoints of the project; in a group of commands those of its connector."""
    wanted = _group(ctx)
    for path in _files(ctx, "endpoints"):
        if not wanted or _is_of(path, wanted):
            yield path.stem


@_offer
def operations(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    return [path.stem for path in _files(ctx, "operations")]


@_offer
def environments(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    return [path.stem for path in _files(ctx, "environments")]


@_offer
def runs(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    from connector_agent.project import STATE
    from connector_agent.store.latest import latest_runs

    return ["last", *latest_runs(_folder(ctx) / STATE / "ledger.db")]


@_offer
def connectors(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    from connector_agent.connectors import registry

    return registry.installed()


@_offer
def places(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Endpoints with their activities, and connectors."""
    from connector_agent.connectors import registry

    yield from registry.installed()
    if "/" not in incomplete:
        yield from [path.stem for path in _files(ctx, "endpoints")]
        return
    from connector_agent.project import Survey

    name = incomplete.partition("/")[0]
    found = Survey.of(_folder(ctx), os.environ).project.endpoints[name]
    yield from [f"{name}/{activity}" for activity in found.activities]


@_offer
def steps(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    from connector_agent.mapping import STEPS

    return STEPS


# what a connector has


@_offer
def types(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    return [kind.name for kind in _connector(ctx).activity_types()]


@_offer
def objects(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The objects of the activity type."""
    found = _look(ctx, lambda connection, kind: connection.choices(kind.name, kind.chosen("")[:-1]))
    return [choice.id for choice in found]


@_offer
def actions(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The actions of the object."""
    on = _object(ctx)
    found = _look(ctx, lambda connection, kind: connection.choices(kind.name, kind.chosen(on)))
    return [choice.id for choice in found]


@_offer
def request_fields(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The fields of a target's request, as assignments."""
    return assignments(_schemas(ctx).request, incomplete)


@_offer
def answer_fields(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The fields of a record, also after a comma."""
    before, comma, last = incomplete.rpartition(",")
    found = paths(_schemas(ctx).response, last)
    return [f"{before}{comma}{each.rstrip('.')}" for each in found]


def own_option(option: Option) -> Offer:
    """What an option of the connector takes."""
    if option.takes == "whole":
        return answer_fields

    @_offer
    def offered(ctx: typer.Context, incomplete: str) -> Iterable[str]:
        if option.takes == "parts":
            return _settings(ctx, option.setting, incomplete)
        given = f"{option.setting}="
        found = assignments(_form(ctx).as_field(), f"{given}{incomplete}")
        return [each.removeprefix(given) for each in found]

    return offered


@_offer
def settings(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    return assignments(_form(ctx).as_field(), incomplete)


def assignments(root: Field, incomplete: str) -> Iterator[str]:
    """NAME= for each field with this prefix; after the sign NAME=VALUE for its choices."""
    name, sign, _ = incomplete.partition("=")
    if not sign:
        for path in paths(root, incomplete):
            yield path if path.endswith(".") else f"{path}="
        return
    field = _at(root, name.removesuffix(":"))
    if field is not None:
        choices = ("true", "false") if field.type == "boolean" else field.choices
        yield from [f"{name}={choice}" for choice in choices]


def paths(root: Field, incomplete: str) -> list[str]:
    """The fields one level below the last dot; an object that is the only one gives its own."""
    above, dot, begun = incomplete.rpartition(".")
    node = _at(root, above) if dot else root
    found: list[str] = []
    nodes: list[Field] = []
    for child in _below(node):
        if child.name.startswith(begun):
            listed = "[0]" if child.type == "list" and _below(child) else ""
            found.append(f"{above}{dot}{child.name}{listed}{'.' * bool(_below(child))}")
            nodes.append(child)
    if len(found) == 1 and found[0].endswith("."):
        return [f"{found[0]}{child.name}{'.' * bool(_below(child))}" for child in _below(nodes[0])]
    return found


def _below(field: Field | None) -> tuple[Field, ...]:
    from connector_agent.cli.schema_tree import children

    return children(field) if field is not None else ()


def _at(root: Field, path: str) -> Field | None:
    node: Field | None = root
    for name in re.sub(r"\[\d+\]", "", path).split("."):
        node = next((child for child in _below(node) if child.name == name), None)
    return node


def _settings(ctx: typer.Context, name: str, incomplete: str) -> Iterator[str]:
    field = _form(ctx).as_field().child(name)
    return assignments(field, incomplete) if field is not None else iter(())


def _form(ctx: typer.Context) -> Form:
    async def form(connection: Connection, kind: ActivityType) -> Form:
        return connection.settings(kind.name, kind.chosen(*_choices(ctx)))

    found: Form = _look(ctx, form)
    return found


def _schemas(ctx: typer.Context) -> Schemas:
    on, action = _choices(ctx)
    found: Schemas = _look(
        ctx, lambda connection, kind: connection.schemas(Activity("", kind.name, on, action))
    )
    return found


def _choices(ctx: typer.Context) -> tuple[str, str]:
    command = _command(ctx)[1]
    return _object(ctx), command.action or ctx.params.get("action") or ""


def _object(ctx: typer.Context) -> str:
    """The object of the command; while an option awaits its value, the first argument."""
    return str(ctx.params.get("object") or ctx.args[0])


def _look(ctx: typer.Context, ask: Callable[[Connection, ActivityType], Any]) -> Any:
    """The answer of a connection that makes no calls."""
    connector = _connector(ctx)
    kind = _command(ctx)[0]

    async def look() -> Any:
        connection = await connector.connect(connector.form().trial, MemoryHost())
        try:
            return await ask(connection, kind)
        finally:
            await connection.close()

    return asyncio.run(look())


def _connector(ctx: typer.Context) -> Connector:
    """The connector of the command group, or of the place that the command names."""
    from connector_agent.connectors import registry

    name = _group(ctx) or str(ctx.params.get("place") or ctx.params["endpoint"])
    if name in registry.installed():
        return registry.connector(name)
    from connector_agent.project import Survey

    return registry.connector(Survey.of(_folder(ctx), os.environ).project.endpoints[name].connector)


def _command(ctx: typer.Context) -> tuple[ActivityType, Command]:
    """The activity type, and its command."""
    kinds = _connector(ctx).activity_types()
    name = ctx.info_name if _group(ctx) else ctx.params["type"]
    for kind in kinds:
        for command in kind.commands or (Command(kind.name),):
            if (command.name if _group(ctx) else kind.name) == name:
                return kind, command if _group(ctx) else Command(kind.name)
    raise LookupError(name)


def _group(ctx: typer.Context) -> str:
    """The name of the command's connector; "" for the agent's own commands."""
    above = ctx.parent
    return str(above.info_name) if above is not None and above.parent is not None else ""


def _folder(ctx: typer.Context) -> Path:
    stated = ctx.params.get("project")
    return project_folder(Path(stated) if stated else None)


def _files(ctx: typer.Context, below: str) -> list[Path]:
    try:
        return sorted((_folder(ctx) / below).glob("*.yaml"), key=lambda path: path.stem)
    except SettingError:  # not in a project
        return []


def _is_of(path: Path, connector: str) -> bool:
    text = path.read_text(encoding="utf-8")
    return re.search(rf"^connector:\s*['\"]?{re.escape(connector)}\b", text, re.M) is not None
