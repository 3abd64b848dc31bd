"""What every connector offers: a form for its connection, activity types, and connections."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from connector_sdk.activity import ActivityType, Form
from connector_sdk.connection import Connection
from connector_sdk.first_project import FirstProject
from connector_sdk.host import Host
from connector_sdk.record import JSON

CONTRACT = 1
"""The version of this contract; a connector states the one that it was written for."""

ENTRY_POINTS = "connector_sdk.connectors"
"""The entry point group under which a distribution names its connectors."""


class Connector(Protocol):
    """A plug-in that knows one system; found through the entry points of ENTRY_POINTS."""

    name: str
    label: str
    version: str
    contract: int
    oldest_agent: str
    logger: str

    def form(self) -> Form:
        """The settings of a connection."""
        ...

    def activity_types(self) -> Sequence[ActivityType]:
        """The verbs, in the order of the palette."""
        ...

    def first_project(self) -> FirstProject | None:
        """A small project that shows the connector at work; None where there is none."""
        ...

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> Connection:
        """A connection with these settings. Raises SettingError when they are wrong;
        makes no call that could fail for another reason."""
        ...
