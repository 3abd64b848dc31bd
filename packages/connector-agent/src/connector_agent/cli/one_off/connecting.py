"""The connection of a command: an endpoint's, or one made from its options."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from connector_sdk import JSON, Connection, Connector, MemoryHost, Problem, SettingError

from connector_agent.cli.inspection import endpoint_of, survey, unknown_endpoint
from connector_agent.cli.one_off.options import connection_fields, option_of
from connector_agent.operations.end import connect
from connector_agent.project import STATE


class Host(MemoryHost):
    """The host of one command. Without a project, connectors keep state (the sandbox) in a
    folder of the user, for the next command."""

    def __init__(self, project: Path | None) -> None:
        super().__init__(project, project / STATE if project is not None else own_state())


def own_state() -> Path:
    """The user's state folder of the XDG specification."""
    stated = os.environ.get("XDG_STATE_HOME", "")
    base = Path(stated) if Path(stated).is_absolute() else Path.home() / ".local" / "state"
    return base / "connector"


@asynccontextmanager
async def connected(
    connector: Connector, given: Mapping[str, Any]
) -> AsyncIterator[tuple[Connection, Host]]:
    """The opened connection and its host. Raises SettingError."""
    surveyed = survey(given["project"], given["environment"])
    host = Host(surveyed.project.folder if surveyed is not None else None)
    own = _own(connector, given)
    name = given["endpoint"]
    if name:
        if own:
            raise SettingError(
                Problem(
                    "two_connections",
                    f"{next(iter(own))} belongs to a connection of the command's own, and "
                    f"--endpoint {name} names another one.",
                    "Leave one of them out.",
                )
            )
        endpoint = endpoint_of(name, surveyed)
        if endpoint is None:
            raise SettingError(unknown_endpoint(name, surveyed, connector.name))
        if endpoint.connector != connector.name:
            raise SettingError(
                Problem(
                    "other_connector",
                    f"The endpoint {endpoint.name!r} has the connector {endpoint.connector!r}, and "
                    f"this is a command of {connector.name!r}.",
                    f"Name an endpoint with the connector {connector.name!r}.",
                )
            )
        connection = await connect(endpoint, host)
    else:
        connection = await _connect(connector, own, given, host)
    try:
        yield connection, host
    finally:
        await connection.close()


def _own(connector: Connector, given: Mapping[str, Any]) -> dict[str, str]:
    """The connection options that were used, with their values."""
    said = {
        option_of(field): given[f"connection_{field.name}"]
        for field in connection_fields(connector.form())
        if given[f"connection_{field.name}"]
    }
    return {"--sandbox": "", **said} if given.get("sandbox") else said


async def _connect(
    connector: Connector, own: Mapping[str, str], given: Mapping[str, Any], host: Host
) -> Connection:
    form = connector.form()
    settings: dict[str, JSON] = {}
    if "--sandbox" in own:
        settings.update(form.trial)
    else:
        for field in form.fields:
            if field.variable and os.environ.get(field.variable):
                settings[field.name] = os.environ[field.variable]
        if not settings and not own and (given.get("fields_help") or given.get("explain")):
            settings.update(form.trial)  # no call is made, so no account is needed
    for field in connection_fields(form):
        if option_of(field) in own:
            settings[field.name] = given[f"connection_{field.name}"]
    try:
        return await connector.connect(settings, host)
    except SettingError as error:
        variables = {field.name: field.variable for field in form.fields if field.variable}
        raise SettingError(*(_own_words(one, variables) for one in error.problems)) from None


def _own_words(problem: Problem, variables: Mapping[str, str]) -> Problem:
    """The problem, naming the environment variable that a command reads."""
    variable = variables.get(problem.path)
    if not variable:
        return problem
    if problem.code == "missing_field":
        return problem._replace(
            remedy=f"Set the environment variable {variable}, name an endpoint of a project with "
            "--endpoint, or try things out with --sandbox."
        )
    return problem._replace(remedy=f"{problem.remedy} It was taken from {variable}.".strip())
