"""The connector and its connections."""

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import ClassVar

import msgspec

from connector_sdk.activity import (
    Activity,
    ActivityType,
    Choice,
    Command,
    Option,
    Plan,
    PlannedCall,
)
from connector_sdk.connection import Connection, Source, Target
from connector_sdk.connector import FirstProject
from connector_sdk.connector_base import ConnectionBase, ConnectorBase
from connector_sdk.errors import SettingError
from connector_sdk.files import inside
from connector_sdk.host import Host
from connector_sdk.memory import store
from connector_sdk.memory.store import Store
from connector_sdk.memory.targets import (
    AppendTarget,
    CreateTarget,
    LoadTarget,
    ReplaceTarget,
    UpsertTarget,
)
from connector_sdk.paged_source import PagedSource, Rows
from connector_sdk.record import JSON, Cursor, Problem
from connector_sdk.schema import Field, Schemas
from connector_sdk.setting import declared, fitted, setting


class MemorySource(PagedSource):
    """Pages of `size` records, in the order in which they were added."""

    def __init__(self, kept: Store, on: str, size: int) -> None:
        self._store = kept
        self._on = on
        self._size = size

    async def rows(self, after: JSON) -> Rows:
        """The page behind the record with the id `after`."""
        last = after if isinstance(after, int) else 0
        found = await self._store.call(store.page, self._on, last, self._size)
        rows = [msgspec.json.decode(record) for _, record in found]
        return Rows(rows, found[-1][0] if len(found) == self._size else None)

    async def total(self) -> int | None:
        """How many there are now."""
        return await self._store.call(store.count, self._on)


THING = Field(
    name="thing",
    type="object",
    fields=(
        Field("name", "string", required=True, description="What tells it from the others."),
        Field("age", "integer", description="In years."),
        Field("note", "string", description="Anything else."),
    ),
)
LISTS = (Choice("people", "People"), Choice("places", "Places"))
_LEVELS = ("list",)
TYPES = (
    ActivityType(
        "read",
        "source",
        "Read",
        "Reads a list.",
        _LEVELS,
        commands=(Command("read", example="people --size 10"),),
        options=(Option("size", "size", "value", "N", "Records a page."),),
    ),
    ActivityType(
        "create", "target", "Create", "Adds a record once for each key.", _LEVELS, "keyed"
    ),
    ActivityType(
        "upsert",
        "target",
        "Upsert",
        "Adds records or replaces them by name.",
        _LEVELS,
        "repeatable",
    ),
    ActivityType("append", "target", "Append", "Adds a record each time.", _LEVELS, "none"),
    ActivityType(
        "load", "target", "Load", "Adds records in transactions.", _LEVELS, "transactional"
    ),
    ActivityType("replace", "target", "Replace", "Writes a list anew.", _LEVELS, "positioned"),
)


IN_MEMORY = ":memory:"
"""What stands for a file where there is none."""

_Plain = CreateTarget | UpsertTarget | AppendTarget | LoadTarget


@declared
class MemorySettings:
    """The settings of a connection."""

    file: str = setting(
        "File",
        "A SQLite file in the project that keeps the records. Without it, or with "
        f"{IN_MEMORY}, they are kept in memory.",
        default="",
    )


@declared
class Reading:
    """The settings of a read activity."""

    size: int = setting("Size", "Records a page.", default=100)


class MemoryConnector(ConnectorBase[MemorySettings]):
    """Without a `file` the records live as long as this object."""

    name = "memory"
    label = "Memory"
    version = "1.0.0"
    types = TYPES
    settings: type[MemorySettings] = MemorySettings
    trial: ClassVar[Mapping[str, JSON]] = {"file": IN_MEMORY}

    def __init__(self) -> None:
        self._in_memory = Store()

    def first_project(self) -> FirstProject:
        """People from a file, and back."""
        folder = resources.files("connector_sdk.memory") / "first_project"
        return FirstProject.of(folder, "import people")

    async def open(self, settings: MemorySettings, host: Host) -> Connection:
        """Raises SettingError for a file outside of the project."""
        file = settings.file
        if file in ("", IN_MEMORY):
            return MemoryConnection(self._in_memory, "memory", owned=False)
        path = inside(host.folder or Path.cwd(), file)
        if path is None:
            raise SettingError(_outside(file))
        return MemoryConnection(Store(str(path)), f"memory:{file}", owned=True)


class MemoryConnection(ConnectionBase):
    """Opened on one store; `owned` says that it is closed with the connection."""

    types = TYPES
    records: ClassVar[Mapping[str, type]] = {"read": Reading}
    objects: ClassVar[Mapping[str, Sequence[Choice]]] = {kind.name: LISTS for kind in TYPES}

    def __init__(self, kept: Store, name: str, *, owned: bool) -> None:
        self.store = kept
        self._name = name
        self._owned = owned

    async def scope(self) -> str:
        """The file as the project states it."""
        return self._name

    async def schemas(self, activity: Activity) -> Schemas:
        """Every list holds the same. Raises SettingError for a faulty activity."""
        await self.require(activity)
        return Schemas(THING, THING, columns=("age",))

    async def plan(self, activity: Activity, records: int | None = None) -> Plan:
        """Of a read the pages, counted where the records are."""
        if activity.type != "read":
            return await super().plan(activity, records)
        await self.require(activity)
        size = fitted(Reading, activity.settings).size
        pages = None if records is None else math.floor(records / size) + 1
        told = f"Pages of {size} records of {activity.on}."
        return Plan((PlannedCall(f"read {activity.on}", {"size": size}, pages),), (told,))

    async def open_source(self, activity: Activity) -> Source:
        size = fitted(Reading, activity.settings).size
        return MemorySource(self.store, activity.on, size)

    async def open_target(self, activity: Activity, resume: Cursor | None) -> Target:
        if activity.type == "replace":
            return ReplaceTarget(self.store, activity.on, THING, resume)
        kinds: dict[str, type[_Plain]] = {
            "create": CreateTarget,
            "upsert": UpsertTarget,
            "append": AppendTarget,
            "load": LoadTarget,
        }
        return kinds[activity.type](self.store, activity.on, THING)

    async def close(self) -> None:
        if self._owned:
            self.store.close()


def _outside(file: str) -> Problem:
    return Problem(
        "file_outside",
        f"{file!r} leads out of the folder, or to a hidden file.",
        "Name a file in it.",
        path="file",
        value=file,
    )
