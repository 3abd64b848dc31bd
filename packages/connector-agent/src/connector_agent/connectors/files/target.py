"""Writes the records of a run to one file that appears whole or not at all."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol

import msgspec
from connector_sdk import Body, Call, Cursor, Guarantee, Outcome, Problem, SettingError

from connector_agent.connectors.files.cells import CellError, csv_line, flattened, in_order
from connector_agent.connectors.files.part import Part
from connector_agent.connectors.files.settings import WriteSettings
from connector_agent.connectors.files.threads import in_thread

_CHUNK = 1 << 18


class Position(msgspec.Struct):
    """Where the file ends for a resume: bytes and their checksum, records, and the columns
    that its header has (none as long as none is written, and for JSON Lines)."""

    bytes: int
    records: int
    crc: int
    columns: tuple[str, ...] = ()


class Lines(Protocol):
    """How one format makes lines of requests; `columns` are those of a written header."""

    columns: tuple[str, ...]

    def check(self, request: bytes) -> None:
        """Raises CellError when the request surely can't be written."""
        ...

    def line(self, request: bytes) -> bytes:
        """The bytes to append, a header before them where one is due. Raises CellError."""
        ...

    def end(self) -> bytes:
        """What is still due when no record came."""
        ...


class JsonLines:
    """One object a line, names and their order as they are."""

    columns: tuple[str, ...] = ()

    def check(self, request: bytes) -> None:
        pass

    def line(self, request: bytes) -> bytes:
        return request + b"\n"

    def end(self) -> bytes:
        return b""


class CsvLines:
    """A header and one row a record; the columns are stated, or those of the first record."""

    def __init__(self, delimiter: str, stated: tuple[str, ...], written: tuple[str, ...]) -> None:
        self._delimiter = delimiter
        self._stated = written or stated
        self.columns = written

    def check(self, request: bytes) -> None:
        cells = flattened(request, self._stated)
        if self._stated:
            in_order(cells, self._stated)

    def line(self, request: bytes) -> bytes:
        cells = flattened(request, self.columns or self._stated)
        if self.columns:
            return csv_line(in_order(cells, self.columns), self._delimiter)
        columns = self._stated or tuple(cells)
        if not columns:
            raise CellError(_not_an_object("The first record has no field to make a column of."))
        row = in_order(cells, columns)
        self.columns = columns
        return csv_line(columns, self._delimiter) + csv_line(row, self._delimiter)

    def end(self) -> bytes:
        if self.columns or not self._stated:
            return b""
        return csv_line(self._stated, self._delimiter)


class FileTarget:
    """An outcome "written" means: in the file as soon as a position says so. A resume cuts
    back to the last position kept and is given every call behind it once more."""

    guarantee: Guarantee = "positioned"
    horizon = 0.0

    def __init__(self, settings: WriteSettings, resume: Position | None) -> None:
        """Reads what was written when it resumes, so call it in a thread. Raises SettingError
        when that is gone or changed."""
        written = resume.columns if resume is not None else ()
        self._lines: Lines = (
            CsvLines(settings.delimiter, settings.columns, written)
            if settings.kind == "csv"
            else JsonLines()
        )
        self._path = settings.path
        self._records = resume.records if resume is not None else 0
        # A new part is begun with the first byte only: a dry run must not drop the part of an
        # interrupted run.
        self._part: Part | None = None
        if resume is not None:
            self._part = Part.resumed(settings.path, resume.bytes, resume.crc)
        self._waiting = bytearray()
        self._writing = asyncio.Lock()
        self._ended = False

    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        """The line to write, compact. `existing` has no say: a file has no ids."""
        try:
            line = msgspec.json.format(request, indent=-1)
        except msgspec.DecodeError as error:
            return _not_an_object(f"The record is not JSON: {error}.")
        if not line.startswith(b"{"):
            return _not_an_object("The record is not a JSON object.")
        try:
            self._lines.check(line)
        except CellError as error:
            return error.problem
        return Body(line, "write")

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Appends the calls in the order in which they come, also when the run is being
        stopped: a line takes microseconds. Raises TargetFullError."""
        async for call in calls:
            try:
                line = self._lines.line(call.body.json)
            except CellError as error:
                yield Outcome(call.seq, call.step, "refused", problem=error.problem)
                continue
            self._waiting += line
            self._records += 1
            if len(self._waiting) >= _CHUNK:
                await self._flush()
            yield Outcome(call.seq, call.step, "written")

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """Surely not there: a resume has cut off whatever stood behind the position."""
        return [None] * len(calls)

    async def position(self) -> Cursor:
        """Covers exactly the outcomes that were yielded when it is called. Raises
        TargetFullError."""
        records, columns = self._records, self._lines.columns
        size, crc = await self._flush(durable=True)
        return msgspec.json.encode(Position(size, records, crc, columns))

    async def finish(self, complete: bool) -> None:
        """Moves the file into place with `complete`; leaves it aside for a resume without."""
        if self._ended:
            return
        if complete:
            self._waiting += self._lines.end()
            await self._flush()
            await in_thread(self._opened().complete)
        await self.close()

    async def close(self) -> None:
        """Lets go of the file, as it stands."""
        self._ended = True
        async with self._writing:
            if self._part is not None:
                self._part.close()

    async def _flush(self, durable: bool = False) -> tuple[int, int]:
        """Hands what waits to the disk; size and checksum behind it. Whoever comes first
        writes first: nothing is awaited between taking the bytes and standing in line."""
        chunk, self._waiting = self._waiting, bytearray()
        async with self._writing:
            return await in_thread(self._append, chunk, durable)

    def _append(self, chunk: bytearray, durable: bool) -> tuple[int, int]:
        part = self._opened()
        if chunk:
            part.append(chunk)
        if durable:
            part.settle()
        return part.size, part.crc

    def _opened(self) -> Part:
        if self._part is None:
            self._part = Part.begun(self._path)
        return self._part


def position_of(cursor: Cursor) -> Position:
    """The position that `FileTarget.position` gave. Raises SettingError for another one."""
    try:
        return msgspec.json.decode(cursor, type=Position)
    except msgspec.MsgspecError as error:
        raise SettingError(
            Problem(
                "cursor_foreign",
                "The place to go on from is not one of a file.",
                "Run the operation from the start.",
            )
        ) from error


def _not_an_object(message: str) -> Problem:
    return Problem("not_an_object", message, "Make an object of it in the mapping.")
