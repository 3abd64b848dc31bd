"""The connector for files: what it asks for and what it offers."""

from collections.abc import Mapping, Sequence
from importlib import metadata, resources
from typing import TYPE_CHECKING

from connector_sdk import (
    CONTRACT,
    JSON,
    ActivityType,
    FirstProject,
    Form,
    Host,
    fitted,
    form_of,
)

from connector_agent.connectors.files.forms import FilesSettings

if TYPE_CHECKING:
    from connector_agent.connectors.files.connection import FilesConnection

_TYPES = (
    ActivityType("read", "source", "Read", "Reads records of CSV, JSON, Excel and Parquet files."),
    ActivityType(
        "write",
        "target",
        "Write",
        "Writes a CSV, JSON, Excel or Parquet file; it appears when it is whole.",
        guarantee="positioned",
    ),
)


class FilesConnector:
    """Files of several formats in one folder. Loads what reads and writes them when asked."""

    name = "files"
    label = "Files"
    version = metadata.version("connector-agent")
    contract = CONTRACT
    oldest_agent = "10.1"
    logger = "connector_agent.connectors.files"

    def form(self) -> Form:
        return form_of(FilesSettings)

    def activity_types(self) -> Sequence[ActivityType]:
        return _TYPES

    def first_project(self) -> FirstProject:
        """Rows of a CSV file as lines of JSON."""
        folder = resources.files("connector_agent.connectors.files") / "first_project"
        return FirstProject.of(folder, "convert people")

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> "FilesConnection":
        """Raises SettingError; a folder that is not there is left to the test."""
        from connector_agent.connectors.files.connection import FilesConnection
        from connector_agent.connectors.files.place import folder_of

        stated = fitted(FilesSettings, settings).folder
        return FilesConnection(folder_of(stated, host.folder), stated, host)
