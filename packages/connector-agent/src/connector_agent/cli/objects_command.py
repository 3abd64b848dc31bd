"""`connector objects` and `connector schema`: what a connector works on, and the fields."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from connector_sdk import (
    ANY_OBJECT,
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
from rich.text import Text

from connector_agent.cli import completion
from connector_agent.cli.inspection import Looked, look, survey
from connector_agent.cli.output import err, fail, in_columns, out, print_json
from connector_agent.cli.project_option import EnvironmentOption, JsonOption, ProjectOption
from connector_agent.cli.schema_tree import print_tree, tree, updates_text
from connector_agent.connectors import registry
from connector_agent.operations.end import activity_of, schemas_of
from connector_agent.project import Survey

if TYPE_CHECKING:
    from rich.table import Table


class Wanted(NamedTuple):
    """Which objects to list; "" is all."""

    type: str
    section: str
    text: str


class Row(NamedTuple):
    """An object, and its actions by activity type."""

    of: str
    section: str
    object: str
    label: str
    types: dict[str, list[str]]


_DEPTH = 2


def objects_command(
    endpoint: Annotated[
        str,
        typer.Argument(
            help="An endpoint, or the name of a connector. Default: all.",
            autocompletion=completion.places,
        ),
    ] = "",
    text: Annotated[str, typer.Argument(help="Only objects with this in their name.")] = "",
    type: Annotated[
        str,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Only what this activity type works on.",
            autocompletion=completion.types,
        ),
    ] = "",
    section: Annotated[
        str,
        typer.Option("--section", metavar="TEXT", help="Only sections with this in their name."),
    ] = "",
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the objects that activities can work on.

    Connectors with many list them in sections.

    Example: connector objects crm --type create
    """
    try:
        surveyed = survey(project, environment)
        everywhere = not endpoint
        if endpoint and not text and not _is_known(endpoint, surveyed):
            everywhere, text = True, endpoint
        wanted = Wanted(type, section, text)
        if everywhere:
            found = _everywhere(surveyed, wanted)
        else:
            found = asyncio.run(_objects(endpoint, surveyed, wanted))
        if not found and text == endpoint and text:
            # Says that there is no such name.
            asyncio.run(_objects(endpoint, surveyed, Wanted(type, section, "")))
    except ConnectorError as error:
        fail(error, as_json=as_json)
    if as_json:
        for row in found:
            print_json(row._asdict())
        return
    if not found:
        out.print("No such objects.")
        return
    out.print(_lines(found))


def schema_command(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PLACE",
            help="ENDPOINT/ACTIVITY; or an endpoint or connector, followed by type and object.",
            autocompletion=completion.places,
        ),
    ],
    type: Annotated[
        str,
        typer.Argument(metavar="TYPE", help="Activity type.", autocompletion=completion.types),
    ] = "",
    object: Annotated[
        str, typer.Argument(metavar="OBJECT", help="Object.", autocompletion=completion.objects)
    ] = "",
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help="Action.", autocompletion=completion.actions)
    ] = "",
    only_required: Annotated[
        bool, typer.Option("--only-required", metavar="", help="Only required fields.")
    ] = False,
    depth: Annotated[
        int,
        typer.Option("--depth", metavar="N", min=0, help="How many levels to show; 0 shows all."),
    ] = _DEPTH,
    text: Annotated[
        str,
        typer.Option(
            "--filter", metavar="TEXT", help="Only fields whose name or description has this text."
        ),
    ] = "",
    project: ProjectOption = None,
    environment: EnvironmentOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show the fields that an activity takes or gives.

    For a target the request that a mapping must make, for a source the record that it gives.
    A * marks required fields. --json prints the complete JSON Schema.

    Example: connector schema crm create contacts --filter address
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
    if schemas.note:
        out.print(Text(schemas.note, style="yellow"))
    if lines:
        print_tree(lines)
    elif only_required:
        out.print("  Nothing is required.")
    elif text:
        out.print(f"  No field is about {text!r}.")
    else:
        out.print("  any fields")
    if schemas.update is not None and not whole:
        out.print(Text("\nUnder `repeat: update`", style="bold"))
        for line in updates_text(schemas.request, schemas.update):
            out.print(Text(f"  {line}"))
    if settings is not None and settings.fields and not whole:
        out.print(Text("\nSettings of such an activity", style="bold"))
        print_tree(tree(settings.as_field(), depth=_DEPTH))


async def _objects(name: str, surveyed: Survey | None, wanted: Wanted) -> list[Row]:
    """One row for each object with its activity types, in the order of the connector's sections.
    Actions are listed only for a wanted type."""
    async with look(name, surveyed) as looked:
        kinds = [looked.type(wanted.type)] if wanted.type else looked.connector.activity_types()
        found: dict[tuple[str, ...], dict[str, Row]] = {}
        for kind in kinds:
            for way, titles in await _sections(looked, kind):
                if not any(_is_about(wanted.section, *pair) for pair in titles) and wanted.section:
                    continue
                section = " › ".join(title for _, title in titles)
                rows = found.setdefault(tuple(way), {})
                for choice in await looked.connection.choices(kind.name, way):
                    if _is_about(wanted.text, choice.id, choice.label):
                        actions = await _actions(looked, kind, choice) if wanted.type else []
                        row = Row(name, section, choice.id, choice.label, {})
                        rows.setdefault(choice.id, row).types[kind.name] = actions
    return [row for rows in found.values() for _, row in sorted(rows.items())]


async def _sections(
    looked: Looked, kind: ActivityType
) -> list[tuple[list[str], list[tuple[str, str]]]]:
    """Every path to the level of objects: the choices made, and their ids and labels."""
    ways: list[tuple[list[str], list[tuple[str, str]]]] = [([], [])] if kind.levels else []
    for _ in kind.levels[:-2]:
        ways = [
            ([*way, row.id], [*titles, (row.id, row.label)])
            for way, titles in ways
            for row in await looked.connection.choices(kind.name, way)
        ]
    return ways


async def _actions(looked: Looked, kind: ActivityType, choice: Choice) -> list[str]:
    if len(kind.levels) < 2:
        return []
    rows = await looked.connection.choices(kind.name, kind.chosen(choice.id))
    return [each.id for each in rows]


def _is_about(text: str, id: str, label: str) -> bool:
    wanted = text.casefold()
    return wanted in id.casefold() or wanted in label.casefold()


def _lines(found: Sequence[Row]) -> "Text | Table":
    several = len({row.of for row in found}) > 1
    rows: list[tuple[str, ...]] = []
    above = ("", "")
    for row in found:
        if (row.of, row.section) != above and row.section:
            rows.append((*([""] if several else []), row.section))
        above = (row.of, row.section)
        kinds = [
            f"{kind} ({', '.join(actions)})" if actions not in ([], [kind]) else kind
            for kind, actions in row.types.items()
        ]
        cells = (f"{'  ' * bool(row.section)}{row.object}", row.label, ", ".join(kinds))
        rows.append((row.of, *cells) if several else cells)
    return in_columns((*(["of"] if several else []), "object", "name", "activity types"), rows)


def _everywhere(surveyed: Survey | None, wanted: Wanted) -> list[Row]:
    """The objects of the project's endpoints; outside of a project, of every connector. One that
    can't be inspected is reported and hides no other. Raises SettingError if none can be."""
    every = registry.installed()
    having: list[str] = []
    faults: dict[str, ConnectorError] = {}
    for name in every:
        try:
            if any(kind.levels for kind in every[name].activity_types()):
                having.append(name)
        except SettingError as error:
            faults[name] = error
    endpoints = surveyed.project.endpoints.values() if surveyed is not None else ()
    names = [endpoint.name for endpoint in endpoints if endpoint.connector in having] or having
    found: list[Row] = []
    looked = 0
    for name in names:
        try:
            found.extend(asyncio.run(_objects(name, surveyed, wanted)))
            looked += 1
        except ConnectorError as error:
            faults[name] = error
    if faults and not looked:
        raise SettingError(*(each for fault in faults.values() for each in _problems(fault)))
    for name, fault in faults.items():
        if fault.problem.code != "unknown_activity_type":
            err.print(Text(f"Without {name}: {fault}"))
    return found


def _problems(error: ConnectorError) -> Sequence[Problem]:
    return error.problems if isinstance(error, SettingError) else (error.problem,)


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
            chosen = activity_of(looked.endpoint, activity, looked.connection)
            kind = looked.type(chosen.type)
            return kind, await schemas_of(looked.endpoint, chosen, looked.connection), None
        if not type:
            raise SettingError(_no_type(name, looked))
        kind = looked.type(type)
        chosen = Activity(name="", type=type, on=object, action=action)
        settings = looked.connection.settings(type, kind.chosen(object, action))
        if not kind.levels:  # what flows is known by the settings alone: by a path
            return kind, Schemas(ANY_OBJECT, ANY_OBJECT), settings
        return kind, await looked.connection.schemas(chosen), settings


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
    return Problem("missing_type", "No activity type is given.", f"{remedy}.")
