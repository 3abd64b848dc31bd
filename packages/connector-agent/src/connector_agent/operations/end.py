"""One end of an operation: an endpoint's connection, opened, and the activity used on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from connector_sdk import (
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
from connector_agent.project.endpoint import EndpointDocument

Role = Literal["source", "target"]


@dataclass(frozen=True, slots=True)
class End:
    """Close its connection when done."""

    endpoint: EndpointDocument
    activity: Activity
    connection: Connection
    schemas: Schemas

    async def check(self) -> Sequence[Problem]:
        """The faults of the activity, each with its place in the endpoint's file."""
        found = await self.connection.check(self.activity)
        return [self.endpoint.located(problem, self.activity.name) for problem in found]


async def connect(endpoint: EndpointDocument, host: Host) -> Connection:
    """The endpoint's connection. Raises SettingError with places in the endpoint's file."""
    try:
        connector = registry.connector(endpoint.connector)
    except SettingError as error:
        line = endpoint.position(("connector",))
        raise SettingError(*(problem._replace(line=line) for problem in error.problems)) from None
    settings = endpoint.connection()
    exposed = endpoint.literal_secrets(connector.form())
    if exposed:
        raise SettingError(*exposed)
    try:
        return await connector.connect(settings, host)
    except SettingError as error:
        raise _located(endpoint, error) from None


async def open_end(endpoint: EndpointDocument, activity: str, role: Role, host: Host) -> End:
    """Connects and looks up what the activity takes and gives. Raises SettingError."""
    chosen = endpoint.activity(activity)
    connection = await connect(endpoint, host)
    try:
        _check_type(endpoint, chosen, role)
        try:
            schemas = await connection.schemas(chosen)
        except SettingError as error:
            raise _located(endpoint, error, chosen.name) from None
    except BaseException:
        await connection.close()
        raise
    return End(endpoint, chosen, connection, schemas)


def _check_type(endpoint: EndpointDocument, activity: Activity, role: Role) -> None:
    connector: Connector = registry.connector(endpoint.connector)
    types = {one.name: one for one in connector.activity_types()}
    found: ActivityType | None = types.get(activity.type)
    line = endpoint.position(("activities", activity.name, "type"))
    if found is None:
        raise SettingError(
            Problem(
                "unknown_activity_type",
                f"The connector {connector.name!r} has no activity type {activity.type!r}.",
                did_you_mean(activity.type, types) or f"It has: {', '.join(types)}.",
                path="type",
                line=line,
            )
        )
    if found.role != role:
        fitting = [one.name for one in types.values() if one.role == role]
        raise SettingError(
            Problem(
                "wrong_role",
                f"The activity {activity.name!r} of {endpoint.name!r} is a {found.role} "
                f"({found.name}) and stands where a {role} has to be.",
                f"Name an activity of type {' or '.join(fitting) or 'another endpoint'}.",
                path="type",
                line=line,
            )
        )


def _located(endpoint: EndpointDocument, error: SettingError, activity: str = "") -> SettingError:
    return SettingError(*(endpoint.located(problem, activity) for problem in error.problems))
