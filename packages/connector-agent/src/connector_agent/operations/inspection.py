"""Endpoints opened to be looked at: nothing is called, and no key is needed."""

from contextlib import suppress

from connector_sdk import IRREVERSIBLE, JSON, Connection, Connector, Host, Problem, SettingError

from connector_agent.operations.end import (
    End,
    activity_of,
    check_activity,
    connector_of,
    located,
    schemas_of,
    type_of,
)
from connector_agent.project.document import Keys
from connector_agent.project.endpoint import EndpointDocument
from connector_agent.project.variables import UNTOLD


class Inspection:
    """Opens each endpoint and activity once and collects what is wrong. Close it with `close`.

    `faults` have to be mended. `warnings` are those of the connectors, and environment
    variables that are not set: what needs one isn't checked, and the rest of the connection is
    looked at with the settings that its connector has for that. `notes`
    are what a person should know before a run, such as what can't be undone.
    """

    def __init__(self, host: Host) -> None:
        self.faults: list[Problem] = []
        self.warnings: list[Problem] = []
        self.notes: list[Problem] = []
        self._host = host
        self._connections: dict[str, Connection | None] = {}
        self._ends: dict[tuple[str, str], End | None] = {}

    async def connection(self, endpoint: EndpointDocument) -> Connection | None:
        """The endpoint's connection, None after a fault of it."""
        if endpoint.name not in self._connections:
            self._connections[endpoint.name] = await self._connect(endpoint)
        return self._connections[endpoint.name]

    async def end(self, endpoint: EndpointDocument, name: str) -> End | None:
        """An activity of the endpoint, None after a fault of it."""
        key = (endpoint.name, name)
        if key not in self._ends:
            self._ends[key] = None
            with suppress(_FoundError):
                self._ends[key] = await self._open(endpoint, name)
        return self._ends[key]

    async def close(self) -> None:
        """Closes every connection."""
        while self._connections:
            _, connection = self._connections.popitem()
            if connection is not None:
                await connection.close()

    async def _connect(self, endpoint: EndpointDocument) -> Connection | None:
        try:
            connector = connector_of(endpoint)
        except SettingError as error:
            self.faults.extend(error.problems)
            return None
        self.faults.extend(endpoint.literal_secrets(connector.form()))
        settings, unset = self._settings(endpoint, connector)
        trial = connector.form().trial
        try:
            return await connector.connect(settings, self._host)
        except SettingError as error:
            for problem in located(endpoint, error).problems:
                if problem.path.partition(".")[0] not in unset:
                    self.faults.append(problem)
            return await connector.connect(trial, self._host) if trial else None

    def _settings(
        self, endpoint: EndpointDocument, connector: Connector
    ) -> tuple[dict[str, JSON], set[str]]:
        """The settings as far as they are known, and the names of the others."""
        stated = endpoint.written(("connection",))
        names = list(stated) if isinstance(stated, dict) else []
        unset = set()
        for name in names:
            if self._is_unset(endpoint, ("connection", name)):
                unset.add(name)
        if not unset:
            return endpoint.connection(), unset
        known = {name: endpoint.setting(name) for name in names if name not in unset}
        return {**known, **connector.form().trial}, unset

    async def _open(self, endpoint: EndpointDocument, name: str) -> End:
        connection = await self.connection(endpoint)
        if self._is_unset(endpoint, ("activities", name)):
            raise _FoundError
        if connection is None:
            raise _FoundError
        try:
            activity = activity_of(endpoint, name, connection)
            kind = type_of(endpoint, activity)
        except SettingError as error:
            self.faults.extend(error.problems)
            raise _FoundError from None
        found = await check_activity(endpoint, activity, connection)
        self.warnings.extend(problem for problem in found if problem.warning)
        faults = [problem for problem in found if not problem.warning]
        self.faults.extend(faults)
        if faults:
            raise _FoundError
        try:
            schemas = await schemas_of(endpoint, activity, connection)
        except SettingError as error:
            self.faults.extend(error.problems)
            raise _FoundError from None
        asked = any(problem.code == IRREVERSIBLE for problem in found)
        if schemas.note and not asked:  # a warning says it already
            message = f"{activity.name}: {schemas.note}"
            line = endpoint.position(("activities", activity.name))
            self.notes.append(Problem("note", message, line=line))
        return End(endpoint, activity, kind, connection, schemas)

    def _is_unset(self, endpoint: EndpointDocument, keys: Keys) -> bool:
        """Whether something that stands there isn't known; it is noted where nobody said so."""
        problems = endpoint.unset(keys)
        self.warnings.extend(problem for problem in problems if problem.code != UNTOLD)
        return bool(problems)


class _FoundError(Exception):
    """Something is wrong, and is noted."""
