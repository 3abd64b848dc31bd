"""What every connector offers: forms, activity types, connections, a first project."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources.abc import Traversable
from typing import NamedTuple, Protocol

from connector_sdk.activity import ActivityType, Form
from connector_sdk.connection import Connection
from connector_sdk.host import Host
from connector_sdk.record import JSON

_NAMES = {"gitignore": ".gitignore"}
"""Files that a package can't hold under the name that they are to have."""


class FirstProject(NamedTuple):
    """Texts by the path of their file. The project runs at once, without an account, and
    `operation` is what to run first. `project.yaml` gives no name: that is the folder's.
    """

    files: Mapping[str, str]
    operation: str

    @classmethod
    def of(cls, folder: Traversable, operation: str) -> "FirstProject":
        """The files below a folder of a package; one called gitignore becomes .gitignore."""
        return cls(dict(_texts(folder, "")), operation)


def _texts(folder: Traversable, above: str) -> Iterator[tuple[str, str]]:
    for item in folder.iterdir():
        path = f"{above}{_NAMES.get(item.name, item.name)}"
        if item.is_dir():
            yield from _texts(item, f"{path}/")
        else:
            yield path, item.read_text(encoding="utf-8")


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
