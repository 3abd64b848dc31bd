"""One folder of files, and the sources and targets in it."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from connector_sdk import (
    ANY_OBJECT,
    Activity,
    Choice,
    Cursor,
    Field,
    Form,
    Host,
    Mode,
    Problem,
    Schemas,
    SettingError,
    Tested,
    did_you_mean,
)

from connector_agent.connectors.files.cells import columns_as_field
from connector_agent.connectors.files.csv_reading import Layout, csv_records, find_layout
from connector_agent.connectors.files.json_lines import json_records
from connector_agent.connectors.files.opening import reading
from connector_agent.connectors.files.settings import (
    READ,
    WRITE,
    ReadSettings,
    read_settings,
    write_settings,
)
from connector_agent.connectors.files.source import FileSource
from connector_agent.connectors.files.target import FileTarget, position_of
from connector_agent.connectors.files.threads import in_thread

_ROLES = ("read", "write")
_NOTHING = Field(name="", type="object")


class FilesConnection:
    """Opened on one folder; `stated` is how the project names it."""

    mode: Mode = "none"

    def __init__(self, folder: Path, stated: str, host: Host) -> None:
        self._folder = folder
        self._stated = stated
        self._host = host
        self._targets: list[FileTarget] = []
        # What is known of a file, as long as it is the same: encoding and delimiter cost one
        # way through all of it.
        self._layouts: dict[tuple[ReadSettings, int, int, int], Layout] = {}

    async def test(self) -> Tested:
        """Whether the folder is there and may be read."""
        begun = time.perf_counter()
        problem = await in_thread(self._fault)
        milliseconds = (time.perf_counter() - begun) * 1000
        return Tested(problem is None, milliseconds=milliseconds, problem=problem)

    async def scope(self) -> str:
        """The folder as the project states it, so that it is the same on every machine."""
        return f"files:{self._stated}"

    async def choices(self, type: str, chosen: Sequence[str]) -> Sequence[Choice]:
        """None: an activity of files has no levels."""
        return ()

    def settings(self, type: str, chosen: Sequence[str]) -> Form:
        """Raises SettingError for an unknown activity type."""
        if type not in _ROLES:
            raise SettingError(_unknown_type(type))
        return READ if type == "read" else WRITE

    async def schemas(self, activity: Activity) -> Schemas:
        """A CSV file to read has the columns of its header; its description says how the
        file is read. Raises SettingError."""
        self._expect(activity)
        if activity.type == "write":
            to_write = write_settings(self._folder, activity.settings)
            columns = to_write.columns
            return Schemas(columns_as_field(columns) if columns else ANY_OBJECT, ANY_OBJECT)
        to_read = read_settings(self._folder, activity.settings)
        if to_read.kind == "jsonl":
            return Schemas(_NOTHING, ANY_OBJECT)
        layout = await in_thread(self._layout, to_read)
        fields = tuple(Field(name=name, type="string") for name in layout.columns)
        return Schemas(
            _NOTHING,
            Field(name="", type="object", fields=fields, description=_described(layout)),
        )

    async def check(self, activity: Activity) -> Sequence[Problem]:
        """A file to read has to be there, and sound as far as its header goes."""
        try:
            self._expect(activity)
            if activity.type == "write":
                write_settings(self._folder, activity.settings)
            else:
                await in_thread(self._ready, activity)
        except SettingError as error:
            return error.problems
        return ()

    async def source(self, activity: Activity) -> FileSource:
        """Raises SettingError for faulty settings, and for a file whose beginning or whose
        encoding is faulty."""
        self._expect(activity, "read")
        settings, layout = await in_thread(self._ready, activity)
        path = settings.path
        if layout is None:
            return FileSource(path, lambda: json_records(path), self._host)
        return FileSource(path, lambda: csv_records(settings, layout), self._host)

    async def target(self, activity: Activity, resume: Cursor | None = None) -> FileTarget:
        """Raises SettingError, also when what `resume` goes on from is gone or changed."""
        self._expect(activity, "write")
        settings = write_settings(self._folder, activity.settings)
        position = position_of(resume) if resume else None
        target = await in_thread(FileTarget, settings, position)
        self._targets.append(target)
        return target

    async def close(self) -> None:
        """Lets go of the files of its targets; unfinished ones stay aside for a resume."""
        while self._targets:
            await self._targets.pop().close()

    def _expect(self, activity: Activity, type: str = "") -> None:
        if activity.type not in _ROLES or (type and activity.type != type):
            raise SettingError(_unknown_type(activity.type))
        for path, value in (("on", activity.on), ("action", activity.action)):
            if value:
                raise SettingError(
                    Problem(
                        "no_such_choice",
                        f"An activity of files has no {path!r}.",
                        "Take it out; `path` names the file.",
                        path=path,
                        value=value,
                    )
                )

    def _ready(self, activity: Activity) -> tuple[ReadSettings, Layout | None]:
        settings = read_settings(self._folder, activity.settings)
        if settings.kind == "csv":
            return settings, self._layout(settings)
        with reading(settings.path) as file:
            file.read(1)
        return settings, None

    def _layout(self, settings: ReadSettings) -> Layout:
        with reading(settings.path):
            found = settings.path.stat()
        key = (settings, found.st_ino, found.st_size, found.st_mtime_ns)
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = find_layout(settings)
        return layout

    def _fault(self) -> Problem | None:
        if not self._folder.is_dir():
            return Problem(
                "no_such_folder",
                f"There is no folder {self._stated!r}.",
                "Correct `folder`, or make it.",
                path="folder",
            )
        if not os.access(self._folder, os.R_OK | os.X_OK):
            return Problem(
                "folder_closed",
                f"The folder {self._stated!r} may not be read.",
                "Look at its permissions.",
                path="folder",
            )
        return None


_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


def _described(layout: Layout) -> str:
    encoding = layout.encoding
    sure = ", assumed" if encoding.assumed else ""
    name = "utf-8" if encoding.name == "utf-8-sig" else encoding.name
    return f"CSV in {name}{sure}; between cells: {_DELIMITERS.get(layout.delimiter, 'stated')}."


def _unknown_type(type: str) -> Problem:
    return Problem(
        "unknown_type",
        f"Files have no activity type {type!r} here.",
        did_you_mean(type, _ROLES) or "Write read for a source and write for a target.",
        path="type",
        value=type,
    )
