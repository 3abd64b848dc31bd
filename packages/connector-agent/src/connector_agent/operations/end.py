"""One end of an operation: an endpoint's opened connection and the activity used on it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from connector_sdk import (
    IRREVERSIBLE,
    JSON,
    Activity,
    ActivityType,
    Connection,
    Connector,
    Host,
    Problem,
    Schemas,
    SettingError,
    did_you_mean,
)

from connector_agent.connectors import registry
from connector_agent.project.document import Keys
from connector_agent.project.endpoint import EndpointDocument
from connector_agent.project.variables import UNTOLD

Role = Literal["source", "target"]
Key = Literal["source", "for_each", "target"]
"""Where an operation names an activity."""


@dataclass(frozen=True, slots=True)
class End:
    """Close its connection when done."""

    endpoint: EndpointDocument
    activity: Activity
    type: ActivityType
    connection: Connection
    schemas: Schemas

    async def check(self) -> Sequence[Problem]:
        """The faults of the activity, with their places in the endpoint's file."""
        return await check_activity(self.endpoint, self.activity, self.connection)


def connector_of(endpoint: EndpointDocument) -> Connector:
    """The endpoint's connector. Raises SettingError with the place."""
    try:
        return registry.connector(endpoint.connector)
    except SettingError as error:
        line = endpoint.position(("connector",))
        raise SettingError(*(problem._replace(line=line) for problem in error.problems)) from None


async def connect(endpoint: EndpointDocument, host: Host) -> Connection:
    """The endpoint's connection. Raises SettingError with places."""
    connector = connector_of(endpoint)
    settings = endpoint.connection()
    exposed = endpoint.literal_secrets(connector.form())
    if exposed:
        raise SettingError(*exposed)
    try:
        return await connector.connect(settings, host)
    except SettingError as error:
        raise located(endpoint, error) from None


async def open_end(
    endpoint: EndpointDocument, activity: str, role: Role, host: Host, line: str = ""
) -> End:
    """Connects and reads the activity's schemas. `line` is where the activity is named. Raises
    SettingError."""
    endpoint.activity_as_written(activity)
    connection = await connect(endpoint, host)
    try:
        chosen = activity_of(endpoint, activity, connection)
        kind = type_of(endpoint, chosen)
        fault = role_fault(endpoint, chosen, kind, role, line)
        if fault is not None:
            raise SettingError(fault)  # noqa: TRY301
        schemas = await schemas_of(endpoint, chosen, connection)
    except BaseException:
        await connection.close()
        raise
    return End(endpoint, chosen, kind, connection, schemas)


def activity_of(endpoint: EndpointDocument, name: str, connection: Connection) -> Activity:
    """The activity with references resolved, except those in templates, which the connector
    fills. Raises SettingError."""
    found = endpoint.activity_as_written(name)
    templates: list[str] = []
    with suppress(SettingError):
        kind = type_of(endpoint, found)
        form = connection.settings(kind.name, kind.chosen(found.on, found.action))
        templates = [field.name for field in form.fields if field.format == "template"]
    return endpoint.activity(name, templates)


async def schemas_of(
    endpoint: EndpointDocument, activity: Activity, connection: Connection
) -> Schemas:
    """The activity's schemas. Raises SettingError with places."""
    try:
        return await connection.schemas(activity)
    except SettingError as error:
        raise located(endpoint, error, activity.name) from None


async def check_activity(
    endpoint: EndpointDocument, activity: Activity, connection: Connection
) -> list[Problem]:
    """The faults of an activity that show without a call, with places."""
    found = await connection.check(activity)
    return [endpoint.located(problem, activity.name) for problem in found]


def type_of(endpoint: EndpointDocument, activity: Activity) -> ActivityType:
    """The type of the activity. Raises SettingError."""
    connector = connector_of(endpoint)
    types = {one.name: one for one in connector.activity_types()}
    found = types.get(activity.type)
    if found is not None:
        return found
    raise SettingError(
        Problem(
            "unknown_activity_type",
            f"The connector {connector.name!r} has no activity type {activity.type!r}.",
            did_you_mean(activity.type, types) or f"It has: {', '.join(types)}.",
            path="type",
            line=endpoint.position(("activities", activity.name, "type")),
        )
    )


def role_fault(
    endpoint: EndpointDocument, activity: Activity, kind: ActivityType, role: Role, line: str
) -> Problem | None:
    """A Problem where a source is used as a target, or the reverse."""
    if kind.role == role:
        return None
    types = connector_of(endpoint).activity_types()
    fitting = [
        name
        for name, each in endpoint.activities.items()
        if any(one.name == each.type and one.role == role for one in types)
    ]
    return Problem(
        "wrong_role",
        f"The activity {activity.name!r} of {endpoint.name!r} is a {kind.role} ({kind.name}) "
        f"and is used where a {role} is needed.",
        f"Name a {role} of {endpoint.name!r} ({', '.join(fitting)}) or of another endpoint."
        if fitting
        else f"Name a {role}; {endpoint.name!r} has none yet.",
        path=role,
        line=line or endpoint.position(("activities", activity.name, "type")),
    )


def located(endpoint: EndpointDocument, error: SettingError, activity: str = "") -> SettingError:
    """`error` with the places of its problems in the endpoint's file."""
    return SettingError(*(endpoint.located(problem, activity) for problem in error.problems))


class Inspection:
    """Opens each endpoint and activity once, without a call or a key, and collects problems. Close
    it.

    `faults` must be fixed. `warnings` are those of the connectors, and unset environment
    variables: settings that need one aren't checked, and the trial settings of the connector
    replace them. `notes` are what a person should know before a run, such as what can't be
    undone.
    """

    def __init__(self, host: Host) -> None:
        self.faults: list[Problem] = []
        self.warnings: list[Problem] = []
        self.notes: list[Problem] = []
        self._host = host
        self._connections: dict[str, Connection | None] = {}
        self._ends: dict[tuple[str, str], End | None] = {}

    async def connection(self, endpoint: EndpointDocument) -> Connection | None:
        """The endpoint's connection; None after a fault of it."""
        if endpoint.name not in self._connections:
            self._connections[endpoint.name] = await self._connect(endpoint)
        return self._connections[endpoint.name]

    async def end(self, endpoint: EndpointDocument, name: str) -> End | None:
        """An activity of the endpoint; None after a fault of it."""
        key = (endpoint.name, name)
        if key not in self._ends:
            self._ends[key] = None
            with suppress(_FoundError):
                self._ends[key] = await self._open(endpoint, name)
        return self._ends[key]

    async def close(self) -> None:
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
        """The known settings, and the names of those whose variable isn't set."""
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
        """Whether a value there depends on an unset variable; warns of it."""
        problems = endpoint.unset(keys)
        self.warnings.extend(problem for problem in problems if problem.code != UNTOLD)
        return bool(problems)


class _FoundError(Exception):
    """A problem was found and is collected already."""
