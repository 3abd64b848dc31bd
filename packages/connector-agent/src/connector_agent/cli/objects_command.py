"""connector objects, connector schema: what a connector can work on, and with which fields."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from connector_sdk import (
    Activity,
    ActivityType,
    Choice,
    ConnectorError,
    Form,
    Problem,
    Schemas,
    SettingError,
    json_schema,
)
from rich.cells import cell_len
from rich.text import Text

from connector_agent.cli.looking import Looked, look, survey
from connector_agent.cli.output import fail, out, print_json, table
from connector_agent.cli.project_option import EnvironmentOption, JsonOption, ProjectOption
from connector_agent.cli.schema_tree import Line, sentence, tree, type_text
from connector_agent.connectors import registry
from connector_agent.operations.end import schemas_of
from connector_agent.project import Survey

_DEPTH = 2
_TYPE_WIDTH = 40


def objects_command(
    endpoint: Annotated[
        str, typer.Argument(help="An endpoint, or the name of a connector. Default: all.")
    ] = "",
    text: Annotated[str, typer.Argument(help="Only objects with this in their name.")] = "",
    type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Only what this activity type works on.")
    ] = "",
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the objects that activities can work on.

    Example: connector objects stripe tax --type create
    """
    try:
        surveyed = survey(project, environment)
        names = [endpoint] if endpoint else _all(surveyed)
        if endpoint and not text and not _is_known(endpoint, surveyed):
            names, text = _all(surveyed), endpoint
        found = [row for name in names for row in asyncio.run(_objects(name, surveyed, type, text))]
        if not found and text == endpoint and text:
            asyncio.run(_objects(endpoint, surveyed, type, ""))  # says that there is no such name
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        for row in found:
            print_json(row)
        return
    if not found:
        out.print("No such objects.")
        return
    several = len({row["of"] for row in found}) > 1
    rows = table(*(["of"] if several else []), "object", "name", "activity types")
    for row in found:
        kinds = [
            f"{kind} ({', '.join(actions)})" if actions not in ([], [kind]) else kind
            for kind, actions in row["types"].items()  # type: ignore[attr-defined]
        ]
        cells = [row["object"], row["label"], ", ".join(kinds)]
        rows.add_row(*map(str, [row["of"], *cells] if several else cells))
    out.print(rows)


def schema_command(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PLACE", help="ENDPOINT/ACTIVITY, or an endpoint or connector with the rest."
        ),
    ],
    type: Annotated[str, typer.Argument(metavar="[TYPE]", help="Activity type.")] = "",
    object: Annotated[str, typer.Argument(metavar="[OBJECT]", help="Object.")] = "",
    action: Annotated[str, typer.Argument(metavar="[ACTION]", help="Action.")] = "",
    only_required: Annotated[
        bool, typer.Option("--only-required", help="Only fields that have to be given.")
    ] = False,
    depth: Annotated[
        int, typer.Option("--depth", min=0, help="How many levels; 0 is all of them.")
    ] = _DEPTH,
    text: Annotated[
        str, typer.Option("--filter", metavar="TEXT", help="Only fields about this.")
    ] = "",
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show the fields that an activity takes or gives.

    Of a target the request that a mapping has to make, of a source the record that it gives.
    A * marks what is required. --json prints JSON Schema, whole.

    Example: connector schema stripe create customers --filter address
    """
    try:
        found = asyncio.run(_schema(place, type, object, action, survey(project, environment)))
    except ConnectorError as error:
        fail(error, as_json=as_json)
    kind, schemas, settings = found
    root = schemas.request if kind.role == "target" else schemas.response
    if as_json:
        print_json(json_schema(root))
        return
    whole = bool(text) or only_required
    lines = tree(
        root,
        depth=0 if whole and depth == _DEPTH else depth,
        only_required=only_required,
        text=text,
    )
    what = "A request holds" if kind.role == "target" else "A record holds"
    out.print(Text.assemble((f"{what}", "bold"), f"  ({schemas.call})" if schemas.call else ""))
    if lines:
        _print_tree(lines)
    elif only_required:
        out.print("  Nothing is required.")
    elif text:
        out.print(f"  No field is about {text!r}.")
    else:
        out.print("  any fields")
    if settings is not None and settings.fields and not whole:
        out.print(Text("\nSettings of such an activity", style="bold"))
        _print_tree(tree(settings.as_field(), depth=1))


async def _objects(
    name: str, surveyed: Survey | None, type: str, text: str
) -> list[dict[str, object]]:
    """One row for each object: its activity types, with a type also its actions."""
    async with look(name, surveyed) as looked:
        kinds = [looked.type(type)] if type else looked.connector.activity_types()
        rows: dict[str, tuple[str, dict[str, list[str]]]] = {}
        for kind in kinds:
            if not kind.levels:
                continue
            for choice in await looked.connection.choices(kind.name, []):
                if _matches(choice, text):
                    actions = await _actions(looked, kind, choice) if type else []
                    rows.setdefault(choice.id, (choice.label, {}))[1][kind.name] = actions
    return [
        {"of": name, "object": found, "label": label, "types": types}
        for found, (label, types) in sorted(rows.items())
    ]


async def _actions(looked: Looked, kind: ActivityType, choice: Choice) -> list[str]:
    if len(kind.levels) < 2:
        return []
    return [each.id for each in await looked.connection.choices(kind.name, [choice.id])]


def _matches(choice: Choice, text: str) -> bool:
    wanted = text.casefold()
    return wanted in choice.id.casefold() or wanted in choice.label.casefold()


def _all(surveyed: Survey | None) -> list[str]:
    """The endpoints of the project whose connector has objects, outside of one the connectors."""
    every = registry.installed()
    names = [name for name in every if any(kind.levels for kind in every[name].activity_types())]
    if surveyed is None:
        return names
    endpoints = surveyed.project.endpoints.values()
    return [endpoint.name for endpoint in endpoints if endpoint.connector in names] or names


def _is_known(name: str, surveyed: Survey | None) -> bool:
    if surveyed is not None and name in surveyed.project.documents.endpoints:
        return True
    return name in registry.installed()


async def _schema(
    place: str, type: str, object: str, action: str, surveyed: Survey | None
) -> tuple[ActivityType, Schemas, Form | None]:
    name, slash, activity = place.partition("/")
    async with look(name, surveyed) as looked:
        if slash:
            if looked.endpoint is None:
                raise SettingError(_no_endpoint(name))
            chosen = looked.endpoint.activity(activity)
            kind = looked.type(chosen.type)
            return kind, await schemas_of(looked.endpoint, chosen, looked.connection), None
        if not type:
            raise SettingError(_no_type(name, looked))
        kind = looked.type(type)
        chosen = Activity(name="", type=type, on=object, action=action)
        chosen_levels: Sequence[str] = [each for each in (object, action) if each]
        schemas = await looked.connection.schemas(chosen)
        return kind, schemas, looked.connection.settings(type, chosen_levels)


def _no_endpoint(name: str) -> Problem:
    return Problem(
        "unknown_endpoint",
        f"{name!r} is a connector; only endpoints have activities.",
        f"Name an endpoint, or write: connector schema {name} TYPE OBJECT",
    )


def _no_type(name: str, looked: Looked) -> Problem:
    types = ", ".join(kind.name for kind in looked.connector.activity_types())
    remedy = f"Write: connector schema {name} TYPE OBJECT, with a type of {types}"
    activities = looked.endpoint.activities if looked.endpoint is not None else {}
    if activities:
        remedy += f"; or name an activity: {', '.join(f'{name}/{each}' for each in activities)}"
    return Problem("missing_type", "It isn't said which schema to show.", f"{remedy}.")


def _print_tree(lines: Sequence[Line]) -> None:
    """Name, type and description in columns; on a terminal each field on one line."""
    names = ["  " * (line.depth + 1) + line.field.name for line in lines]
    types = [type_text(line.field) for line in lines]
    name_width = max(
        cell_len(name) + line.field.required for name, line in zip(names, lines, strict=True)
    )
    type_width = min(max(map(cell_len, types)), _TYPE_WIDTH)
    for line, name, kind in zip(lines, names, types, strict=True):
        text = Text(name)
        text.append("*" if line.field.required else "", style="bold red")
        text.pad_right(name_width - text.cell_len + 2)
        text.append(kind)
        text.pad_right(name_width + 2 + type_width - text.cell_len)
        if line.more:
            text.append(f"  … {line.more} more below", style="cyan")
        text.append(f"  {sentence(line.field.description)}".rstrip(), style="dim")
        if out.is_terminal:
            text.truncate(out.width, overflow="ellipsis")
        out.print(text)
