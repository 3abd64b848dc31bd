"""Looks at a file by its format."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from connector_sdk import (
    ANY_OBJECT,
    Activity,
    Choice,
    Cursor,
    Field,
    Form,
    Guarded,
    Host,
    Mode,
    Plan,
    Problem,
    Schemas,
    SettingError,
    Source,
    Tested,
    did_you_mean,
    form_of,
)

from connector_agent.connectors.files.columns import columns_as_field, steps_of
from connector_agent.connectors.files.forms import Read, Write
from connector_agent.connectors.files.parquet import arrow
from connector_agent.connectors.files.part import in_thread
from connector_agent.connectors.files.place import Found, found_files
from connector_agent.connectors.files.readable import Ready
from connector_agent.connectors.files.settings import (
    ReadOptions,
    ReadSettings,
    WriteSettings,
    read_options,
    write_settings,
)
from connector_agent.connectors.files.source import FileSource
from connector_agent.connectors.files.target import FileTarget, position_of


def look_at(settings: ReadSettings) -> Ready:
    """The file, ready to be read. Raises SettingError for what shows before its records."""
    # A format is imported when a file has it.
    match settings.kind:
        case "csv":
            from connector_agent.connectors.files.csv_reading import ready_csv as ready
        case "jsonl":
            from connector_agent.connectors.files.json_reading import ready_json_lines as ready
        case "json":
            from connector_agent.connectors.files.json_reading import ready_json as ready
        case "xlsx":
            from connector_agent.connectors.files.xlsx_reading import ready_xlsx as ready
        case "parquet":
            from connector_agent.connectors.files.parquet import ready_parquet as ready
    return ready(settings)


_ROLES = ("read", "write")
G = TypeVar("G")
R = TypeVar("R")
_NOTHING = Field(name="", type="object")


class FilesConnection:
    """Opened on one folder; `stated` is how the project names it."""

    mode: Mode = "none"

    def __init__(self, folder: Path, stated: str, host: Host) -> None:
        self._folder = folder
        self._stated = stated
        self._host = host
        self._targets: list[FileTarget] = []
        # What is known of a file, as long as it is the same: to prove its encoding, or that a
        # JSON document is whole, costs one way through all of it.
        self._ready: dict[tuple[ReadSettings, int, int, int], Ready] = {}

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
        return form_of(Read if type == "read" else Write)

    async def schemas(self, activity: Activity) -> Schemas:
        """A file to read has the columns of its header, several files those of all of them; the
        description says how they are read. Raises SettingError."""
        self._expect(activity)
        if activity.type == "write":
            return Schemas(_taken(write_settings(self._folder, activity.settings)), ANY_OBJECT)
        _, _, ready = await in_thread(self._looked_at, activity)
        return Schemas(_NOTHING, _given([each.schema for each in ready]))

    async def check(self, activity: Activity) -> Sequence[Problem]:
        """Files to read have to be there, and sound as far as a look at them shows."""
        try:
            self._expect(activity)
            if activity.type == "write":
                settings = write_settings(self._folder, activity.settings)
                if settings.kind == "parquet":
                    await in_thread(arrow)
            else:
                await in_thread(self._looked_at, activity)
        except SettingError as error:
            return error.problems
        return ()

    async def guard(self, activity: Activity) -> Guarded | None:
        """Files are no live account."""
        return None

    async def plan(self, activity: Activity, records: int | None = None) -> Plan:
        """Nobody is called: files are read or written."""
        self._expect(activity)
        name = activity.settings.get("path")
        done = "read from its start" if activity.type == "read" else "written beside its place"
        return Plan(lines=(f"{name} is {done}.",))

    async def source(self, activity: Activity, requests: Source | None = None) -> FileSource:
        """Raises SettingError for faulty settings, for a file whose beginning, encoding or
        structure is faulty, and for `requests`, which a file has no use for."""
        self._expect(activity, "read")
        if requests is not None:
            raise SettingError(_not_driven())
        options, files, _ = await in_thread(self._looked_at, activity)
        return FileSource(
            files,
            lambda file: self._look(options.of(*file)),
            options.move_to,
            self._host,
        )

    async def target(self, activity: Activity, resume: Cursor | None = None) -> FileTarget:
        """Raises SettingError, and TargetLostError when what `resume` goes on from is gone or
        changed."""
        self._expect(activity, "write")
        settings = write_settings(self._folder, activity.settings)
        position = position_of(resume) if resume else None
        if settings.kind == "parquet":
            await in_thread(arrow)
        target = await in_thread(FileTarget, settings, position, self._host.state)
        self._targets.append(target)
        return target

    def written_by(self, activity: Activity) -> Path:
        """The file of a write activity. Raises SettingError."""
        return write_settings(self._folder, activity.settings).path

    def reads(self, activity: Activity, path: Path) -> bool:
        """Whether a read activity takes in the file at `path`: a folder does before it is
        there, a pattern once it is. Raises SettingError."""
        options = read_options(self._folder, activity.settings)
        if path.parent == (self._folder / options.path).resolve() and not path.name.startswith("."):
            return options.move_to is None or not path.is_relative_to(options.move_to)
        files = found_files(self._folder, options.path, options.move_to)
        return any(file.path == path for file in files)

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

    def _looked_at(self, activity: Activity) -> tuple[ReadOptions, list[Found], list[Ready]]:
        """The files of an activity, each of which was looked at."""
        options = read_options(self._folder, activity.settings)
        files = found_files(self._folder, options.path, options.move_to)
        settings = _each(files, lambda file: options.of(*file))
        unused = options.unused([each.kind for each in settings])
        if unused:
            raise SettingError(*unused)
        return options, files, _each(settings, self._look)

    def _look(self, settings: ReadSettings) -> Ready:
        try:
            found = settings.stored.path.stat()
        except OSError:
            return look_at(settings)  # which tells what is wrong
        key = (settings, found.st_ino, found.st_size, found.st_mtime_ns)
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = look_at(settings)
        return ready

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


def _each(given: Iterable[G], step: Callable[[G], R]) -> list[R]:
    """What `step` makes of each. Raises SettingError with the faults of all of them."""
    done: list[R] = []
    problems: list[Problem] = []
    for each in given:
        try:
            done.append(step(each))
        except SettingError as error:
            problems.extend(error.problems)
    if problems:
        raise SettingError(*problems)
    return done


def _taken(settings: WriteSettings) -> Field:
    """What a target takes: the stated columns, where a list may stand for each of them."""
    if not settings.columns:
        return ANY_OBJECT
    any_field = Field(name="", type="any")
    if settings.lists == "json":
        return columns_as_field(settings.columns, any_field)
    names = dict.fromkeys(str(steps_of(column)[0]) for column in settings.columns)
    fields = tuple(Field(name=name, type="any") for name in names)
    return Field(name="", type="object", fields=fields)


def _given(schemas: Sequence[Field]) -> Field:
    """The fields of all files together; a name that is not the same everywhere may be anything."""
    if len(schemas) == 1:
        return schemas[0]
    if any(schema.type != "object" for schema in schemas):
        return ANY_OBJECT
    fields: dict[str, Field] = {}
    for schema in schemas:
        for field in schema.fields:
            if fields.setdefault(field.name, field) != field:
                fields[field.name] = Field(name=field.name, type="any")
    described = " ".join(dict.fromkeys(schema.description for schema in schemas))
    return Field(name="", type="object", fields=tuple(fields.values()), description=described)


def _not_driven() -> Problem:
    return Problem(
        "not_driven",
        "A file is read as a whole; records of another source can't ask for parts of it.",
        "Take `for_each` out of the operation.",
        path="for_each",
    )


def _unknown_type(type: str) -> Problem:
    return Problem(
        "unknown_activity_type",
        f"Files have no activity type {type!r} here.",
        did_you_mean(type, _ROLES) or "Write read for a source and write for a target.",
        path="type",
        value=type,
    )
