"""Writes the records of a run to one file that appears whole or not at all."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

import msgspec
from connector_sdk import (
    Body,
    Call,
    Cursor,
    Guarantee,
    Outcome,
    Prepared,
    Problem,
    Request,
    TargetLostError,
    not_an_object,
)

from connector_agent.connectors.files.cells import CellError
from connector_agent.connectors.files.content import content_of
from connector_agent.connectors.files.part import MadeNote, Part, in_thread, part_of
from connector_agent.connectors.files.settings import WriteSettings

_CHUNK = 1 << 20


class Position(msgspec.Struct):
    """Where the part ends for a resume: bytes and their checksum, records and their rows, and
    the columns that were met so far (none for JSON)."""

    bytes: int
    records: int
    crc: int
    columns: tuple[str, ...] = ()
    rows: int = 0


class FileTarget:
    """An outcome "written" means: in the file as soon as a position says so. A resume cuts
    back to the last position kept and is given every call behind it once more."""

    guarantee: Guarantee = "positioned"
    horizon = 0.0

    def clock(self) -> float | None:
        """Files keep no keys."""
        return None

    def __init__(
        self, settings: WriteSettings, resume: Position | None, state: Path | None
    ) -> None:
        """Reads what was written when it resumes, so call it in a thread. Raises
        TargetLostError when that is gone or changed."""
        columns, rows = (resume.columns, resume.rows) if resume is not None else ((), 0)
        self._content = content_of(settings, columns, rows)
        self.takes_lines = settings.kind == "jsonl"
        self._packing = settings.packing == "gzip" and self._content.make() is None
        self._note = MadeNote(state, settings.path)
        self._path = settings.path
        self._records = resume.records if resume is not None else 0
        # A new part is begun with the first byte only: a dry run must not drop the part of an
        # interrupted run.
        self._part: Part | None = None
        # The position of a file that was made whole already, in a run that was ended by force
        # right behind that.
        self._made: Position | None = None
        if resume is not None:
            gone = not part_of(settings.path).exists()
            if gone and self._note.tells_of(resume.bytes, resume.crc):
                self._made = resume
            else:
                self._part = Part.resumed(
                    settings.path, resume.bytes, resume.crc, packing=self._packing
                )
        self._waiting = bytearray()
        self._writing = asyncio.Lock()
        self._ended = False

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        """The line to write, compact. `existing` has no say: a file has no ids."""
        try:
            line = request.compact
        except ValueError as error:
            return not_an_object(error)
        if not line.startswith(b"{"):
            return not_an_object(ValueError("it is not a JSON object"))
        try:
            self._content.check(line)
        except CellError as error:
            return error.problem
        return Body(line, "write")

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Appends the calls in the order in which they come, also when the run is being
        stopped: a line takes microseconds. Raises TargetFullError."""
        async for call in calls:
            try:
                line = self._content.line(call.body.json)
            except CellError as error:
                yield Outcome(call.seq, call.step, "refused", problem=error.problem)
                continue
            self._waiting += line
            self._records += 1
            if len(self._waiting) >= _CHUNK:
                await self._flush()
            yield Outcome(call.seq, call.step, "written")

    async def append(self, lines: bytes, count: int) -> None:
        """Appends a page of JSON Lines. Raises TargetFullError."""
        self._waiting += lines
        self._content.rows += count
        self._records += count
        if len(self._waiting) >= _CHUNK:
            await self._flush()

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """Surely not there: a resume has cut off whatever stood behind the position."""
        return [None] * len(calls)

    async def position(self) -> Cursor:
        """Covers exactly the outcomes that were yielded when it is called. Raises
        TargetFullError."""
        if self._made is not None:
            return msgspec.json.encode(self._made)
        records, columns, rows = self._records, self._content.columns, self._content.rows
        size, crc = await self._flush(durable=True)
        return msgspec.json.encode(Position(size, records, crc, columns, rows))

    async def finish(self, complete: bool) -> None:
        """Moves the file into place with `complete`; leaves it aside for a resume without."""
        if self._ended:
            return
        if complete and self._made is None:
            settled = await self._flush(durable=self._content.make() is not None)
            self._waiting += self._content.end()
            await self._flush()
            await in_thread(self._complete, settled)
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

    def _complete(self, settled: tuple[int, int]) -> None:
        make = self._content.make()
        if make is None:
            self._opened().complete()
        else:
            self._opened().complete_made(make, lambda made: self._note.write(*settled, made))

    def _opened(self) -> Part:
        if self._made is not None:
            raise TargetLostError(
                Problem(
                    "part_complete",
                    f"{self._path.name} is whole already; nothing can be added to it.",
                    "It is written from its start.",
                )
            )
        if self._part is None:
            self._part = Part.begun(self._path, packing=self._packing)
        return self._part


def position_of(cursor: Cursor) -> Position:
    """The position that `FileTarget.position` gave. Raises TargetLostError for another one."""
    try:
        return msgspec.json.decode(cursor, type=Position)
    except msgspec.MsgspecError as error:
        raise TargetLostError(
            Problem(
                "cursor_foreign",
                "The cursor isn't one of a file.",
                "The file is written from its start.",
            )
        ) from error
