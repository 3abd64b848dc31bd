"""Reads files in pages that can be gone on from in another process."""

import hashlib
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from connector_sdk import Cursor, Host, Page, Problem, Record, SettingError, SourceChangedError

from connector_agent.connectors.files.encoding import LOGGER
from connector_agent.connectors.files.part import in_thread
from connector_agent.connectors.files.place import Found, put_away
from connector_agent.connectors.files.readable import Reads, Ready

_RECORDS = 500
_BYTES = 1 << 22
_COUNTED = 100_000
_CHUNK = 1 << 16
_BY_LINES = ("csv", "jsonl")


class _Passed(msgspec.Struct, array_like=True):
    """How far a file was read: its name, how many records, a hash over all of them, and its
    size and time of change when it was opened."""

    name: str
    rows: int
    digest: str
    size: int
    changed: int


class _Place(msgspec.Struct):
    """The cursor: the files that were begun, in their order; all but the last were read whole."""

    files: list[_Passed]


class FileSource:
    """The records of files, one file after the other. `ready` looks at one of them; those that
    were read are moved to `move_to` once a run is over."""

    def __init__(
        self,
        files: Sequence[Found],
        ready: Callable[[Found], Ready],
        move_to: Path | None,
        host: Host,
    ) -> None:
        self._files: Mapping[str, Found] = {file.name: file for file in files}
        self._ready = ready
        self._move_to = move_to
        self._host = host

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Pages of 500 records or 4 MiB. Going on reads the passed records again and proves
        that they are the same; raises SourceChangedError when they are not. Files that came
        since are read behind all others that are left."""
        passed = _parsed(after) if after else []
        pages = self._pages(passed)
        try:
            while not self._host.stopping():
                page = await in_thread(next, pages, None)
                if page is None:
                    return
                yield page
        finally:
            pages.close()

    async def total(self) -> int | None:
        """The records of small files counted, of larger ones guessed from the first 100,000;
        None where that says nothing, as for a packed file, and for one that can't be read."""
        with suppress(SettingError):
            return await in_thread(self._counted)
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """Moves the files that `after` tells of, where that was asked for; one that changed
        since it was read stays."""
        if self._move_to is None:
            return ()
        return await in_thread(self._put_away, _parsed(after), self._move_to)

    def _put_away(self, passed: list[_Passed], folder: Path) -> list[Problem]:
        problems = []
        for file in passed:
            found = self._files.get(file.name)
            if found is None or not found.path.exists():
                continue  # Somebody was quicker.
            problem: Problem | None
            if _state(found.path) != (file.size, file.changed):
                problem = Problem(
                    "changed_since",
                    f"{file.name} changed after it was read, and was not moved.",
                    "Look at what was added; the next run reads the whole file again.",
                    path="after.move_to",
                )
            else:
                problem = put_away(found.path, folder)
            if problem is not None:
                logging.getLogger(LOGGER).warning("%s", problem.text())
                problems.append(problem)
        return problems

    def _counted(self) -> int | None:
        found = 0
        for number, file in enumerate(self._files.values()):
            lines = 0
            ready = self._ready(file)
            with closing(ready.records()) as records:
                for read in records:
                    lines += 1
                    found += read is not None
                    if found == _COUNTED:
                        break
                else:
                    continue
            if ready.settings.stored.packing or ready.settings.kind not in _BY_LINES:
                return None
            with file.path.open("rb") as opened:
                passed = _size_of(opened, lines)
            sizes = [each.path.stat().st_size for each in self._files.values()]
            return round(found * sum(sizes) / (sum(sizes[:number]) + passed))
        return found

    def _pages(self, passed: list[_Passed]) -> Generator[Page, None, None]:
        seq = filtered = size = 0
        page: list[Record] = []
        done: list[_Passed] = []
        told = len(passed)
        due = self._in_order(passed)
        for number, file in enumerate(due):
            before = passed[number] if number < len(passed) else None
            last = number == len(passed) - 1
            here = self._begun(file)
            hashed = hashlib.blake2b(digest_size=16)
            done.append(here)
            with closing(self._ready(file).records()) as records:
                if before is not None:
                    self._skip(records, before, here, hashed)
                    seq += here.rows
                    if not last:
                        self._expect_end(records, before)
                        continue
                for read in records:
                    if read is None:
                        filtered += 1
                        continue
                    raw, at, problem = read
                    seq += 1
                    here.rows += 1
                    hashed.update(raw)
                    page.append(Record(seq, raw, at, problem))
                    size += len(raw)
                    if len(page) == _RECORDS or size > _BYTES:
                        yield Page(page, _cursor(done, hashed), filtered)
                        page, filtered, size, told = [], 0, 0, len(done)
            here.digest = hashed.hexdigest()
        # Also without a record: the last cursor has to tell of every file that was read.
        if page or filtered or len(done) > told:
            yield Page(page, msgspec.json.encode(_Place(done)), filtered)

    def _in_order(self, passed: list[_Passed]) -> list[Found]:
        """The files as they were begun, then the others."""
        begun = []
        for file in passed:
            if file.name not in self._files:
                raise _changed(file.name, "it is no longer there")
            begun.append(self._files[file.name])
        names = {file.name for file in passed}
        return [*begun, *(file for file in self._files.values() if file.name not in names)]

    def _begun(self, file: Found) -> _Passed:
        return _Passed(file.name, 0, "", *_state(file.path))

    def _skip(
        self, records: Reads, passed: _Passed, here: _Passed, hashed: "hashlib.blake2b"
    ) -> None:
        while here.rows < passed.rows:
            try:
                read = next(records)
            except StopIteration:
                raise _changed(passed.name, f"it ends after record {here.rows}") from None
            if read is not None:
                here.rows += 1
                hashed.update(read[0])
        here.digest = hashed.hexdigest()
        if here.digest != passed.digest:
            raise _changed(passed.name, f"its first {here.rows} records are not the same")

    def _expect_end(self, records: Reads, passed: _Passed) -> None:
        if any(read is not None for read in records):
            raise _changed(passed.name, f"it goes on behind record {passed.rows}")


def _size_of(file: BinaryIO, lines: int) -> int:
    """How many bytes the first lines have, however long one is."""
    size = 0
    while chunk := file.read(_CHUNK):
        found = chunk.count(b"\n")
        if found >= lines:
            end = -1
            for _ in range(lines):
                end = chunk.index(b"\n", end + 1)
            return size + end + 1
        lines -= found
        size += len(chunk)
    return size


def _cursor(files: list[_Passed], hashed: "hashlib.blake2b") -> Cursor:
    files[-1].digest = hashed.hexdigest()
    return msgspec.json.encode(_Place(files))


def _state(path: Path) -> tuple[int, int]:
    """Size and time of change; zeros for a file that is gone."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)


def _parsed(after: Cursor) -> list[_Passed]:
    try:
        return msgspec.json.decode(after, type=_Place).files
    except msgspec.MsgspecError as error:
        raise SettingError(
            Problem(
                "cursor_foreign",
                "The cursor isn't one of a file.",
                "Run the operation from the start.",
            )
        ) from error


def _changed(name: str, how: str) -> SourceChangedError:
    return SourceChangedError(
        Problem(
            "source_changed",
            f"{name} is not the file that was read before: {how}.",
            "Put the former file back and go on, or run the operation from the start.",
            at=name,
        )
    )
