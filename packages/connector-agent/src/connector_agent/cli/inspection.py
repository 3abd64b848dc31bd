"""Endpoints and connectors opened for inspection, by their name on the command line."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from connector_sdk import (
    JSON,
    ActivityType,
    Connection,
    Connector,
    MemoryHost,
    Problem,
    SettingError,
    did_you_mean,
)

from connector_agent.cli.project_folder import project_folder_if_any
from connector_agent.connectors import registry
from connector_agent.operations.end import Inspection, connector_of
from connector_agent.project import STATE, EndpointDocument, Survey
from connector_agent.project.names import canonical, nearest


@dataclass(frozen=True, slots=True)
class Looked:
    """A connector with a connection that makes no calls, and its endpoint if there is one."""

    connector: Connector
    connection: Connection
    endpoint: EndpointDocument | None

    def type(self, name: str) -> ActivityType:
        """The activity type of this name. Raises SettingError."""
        types = {each.name: each for each in self.connector.activity_types()}
        found = types.get(name)
        if found is None:
            raise SettingError(
                Problem(
                    "unknown_activity_type",
                    f"The connector {self.connector.name!r} has no activity type {name!r}.",
                    did_you_mean(name, types) or f"It has: {', '.join(types)}.",
                )
            )
        return found


def survey(stated: Path | None, environment: str) -> Survey | None:
    """The project as far as it can be read; None outside of one. Raises SettingError for a named
    folder that is no project."""
    folder = project_folder_if_any(stated)
    return Survey.of(folder, os.environ, environment) if folder is not None else None


@asynccontextmanager
async def look(name: str, surveyed: Survey | None) -> AsyncIterator[Looked]:
    """The endpoint of this name, or else the connector. Raises SettingError, also for faults of
    that endpoint."""
    folder = surveyed.project.folder if surveyed is not None else None
    host = MemoryHost(folder, folder / STATE if folder is not None else None)
    endpoint = endpoint_of(name, surveyed)
    if endpoint is not None:
        inspection = Inspection(host)
        try:
            connection = await inspection.connection(endpoint)
            if connection is None:
                raise SettingError(*(inspection.faults or inspection.warnings))
            yield Looked(connector_of(endpoint), connection, endpoint)
        finally:
            await inspection.close()
        return
    if name not in registry.installed():
        raise SettingError(_unknown(name, surveyed))
    connector = registry.connector(name)
    try:
        connection = await connector.connect(known_settings(connector), host)
    except SettingError as error:
        variables = {field.name: field.variable for field in connector.form().fields}
        raise SettingError(*(_from(variables, each) for each in error.problems)) from None
    try:
        yield Looked(connector, connection, None)
    finally:
        await connection.close()


def _from(variables: Mapping[str, str], problem: Problem) -> Problem:
    """The problem, naming the environment variable that sets the field."""
    variable = variables.get(problem.path)
    if not variable or problem.code != "missing_field":
        return problem
    return problem._replace(
        remedy=f"Set the environment variable {variable}, or name an endpoint of a project."
    )


def known_settings(connector: Connector) -> Mapping[str, JSON]:
    """The settings for inspecting a connector without an endpoint: its trial settings, or those
    in environment variables."""
    form = connector.form()
    return form.trial or {
        field.name: os.environ[field.variable]
        for field in form.fields
        if field.variable and os.environ.get(field.variable)
    }


def endpoint_of(name: str, surveyed: Survey | None) -> EndpointDocument | None:
    """The endpoint of this name, or None. Raises SettingError for faults of its file."""
    if surveyed is None:
        return None
    found = surveyed.project.endpoints.get(canonical(name))
    if found is None:
        file = f"endpoints/{canonical(name)}.yaml"
        faults = [one for one in surveyed.problems if one.line.partition(":")[0] == file]
        if faults:
            raise SettingError(*faults)
    return found


def unknown_endpoint(name: str, surveyed: Survey | None, connector: str) -> Problem:
    """The problem of an endpoint that doesn't exist, or of no project."""
    if surveyed is None:
        return Problem(
            "no_project",
            f"There is no endpoint {name!r}: this folder is in no project.",
            "Name the project with --project, or go without --endpoint.",
        )
    known = [
        each.name for each in surveyed.project.endpoints.values() if each.connector == connector
    ]
    have = f"Endpoints of {connector}: {', '.join(known) or 'none'}."
    return Problem(
        "unknown_endpoint", f"There is no endpoint {name!r}.", nearest(name, known) or have
    )


def _unknown(name: str, surveyed: Survey | None) -> Problem:
    connectors = list(registry.installed())
    endpoints = list(surveyed.project.endpoints) if surveyed is not None else []
    what = "endpoint and no connector" if endpoints else "connector"
    have = f"Connectors: {', '.join(connectors)}."
    if endpoints:
        have = f"Endpoints: {', '.join(endpoints)}. {have}"
    hint = did_you_mean(name, [*endpoints, *connectors])
    return Problem("unknown_endpoint", f"There is no {what} {name!r}.", hint or have)
