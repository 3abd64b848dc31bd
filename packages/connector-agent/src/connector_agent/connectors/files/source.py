"""Reads a file in pages that can be gone on from in another process."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

import msgspec
from connector_sdk import Cursor, Host, Page, Problem, Record, SettingError, SourceChangedError

from connector_agent.connectors.files.csv_reading import Reads
from connector_agent.connectors.files.threads import in_thread

_RECORDS = 500
_BYTES = 1 << 22
_COUNTED = 100_000


class _Passed(msgspec.Struct):
    """The cursor: how many records were passed, and a hash over all of them."""

    rows: int
    digest: str


class FileSource:
    """The records of one file. `open_records` begins to read it anew, from its start."""

    def __init__(self, path: Path, open_records: Callable[[], Reads], host: Host) -> None:
        self._path = path
        self._name = path.name
        self._open_records = open_records
        self._host = host

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Pages of 500 records or 4 MiB. Going on reads the passed records again and proves
        that they are the same; raises SourceChangedError when they are not."""
        passed = self._parsed(after) if after else None
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
        """The records of a small file counted, of a large one guessed from its first 100,000;
        None for a large gzip file, and for one that can't be read."""
        with suppress(SettingError):
            return await in_thread(self._counted)
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """Nothing: the file stays where it is."""
        return ()

    def _counted(self) -> int | None:
        lines = found = 0
        with closing(self._open_records()) as records:
            for read in records:
                lines += 1
                found += read is not None
                if found == _COUNTED:
                    break
            else:
                return found
        if self._path.suffix.lower() == ".gz":
            return None
        with self._path.open("rb") as file:
            passed = sum(len(line) for line in islice(file, lines))
        return round(found * self._path.stat().st_size / passed)

    def _parsed(self, after: Cursor) -> _Passed:
        try:
            return msgspec.json.decode(after, type=_Passed)
        except msgspec.MsgspecError as error:
            raise SettingError(
                Problem(
                    "cursor_foreign",
                    f"The place to go on from in {self._name} is not one of a file.",
                    "Run the operation from the start.",
                )
            ) from error

    def _pages(self, passed: _Passed | None) -> Generator[Page, None, None]:
        hashed = hashlib.blake2b(digest_size=16)
        seq = filtered = size = 0
        page: list[Record] = []
        with closing(self._open_records()) as records:
            if passed is not None:
                seq = self._skip(records, passed, hashed)
            for read in records:
                if read is None:
                    filtered += 1
                    continue
                raw, at, problem = read
                seq += 1
                hashed.update(raw)
                page.append(Record(seq, raw, at, problem))
                size += len(raw)
                if len(page) == _RECORDS or size > _BYTES:
                    yield Page(page, _cursor(seq, hashed), filtered)
                    page, filtered, size = [], 0, 0
        if page or filtered:
            yield Page(page, _cursor(seq, hashed), filtered)

    def _skip(self, records: Reads, passed: _Passed, hashed: hashlib.blake2b) -> int:
        seq = 0
        while seq < passed.rows:
            try:
                read = next(records)
            except StopIteration:
                raise self._changed(f"it ends after record {seq}") from None
            if read is not None:
                seq += 1
                hashed.update(read[0])
        if hashed.hexdigest() != passed.digest:
            raise self._changed(f"its first {seq} records are not the same")
        return seq

    def _changed(self, how: str) -> SourceChangedError:
        return SourceChangedError(
            Problem(
                "source_changed",
                f"{self._name} is not the file that was read before: {how}.",
                "Put the former file back and go on, or run the operation from the start.",
                at=self._name,
            )
        )


def _cursor(seq: int, hashed: hashlib.blake2b) -> Cursor:
    return msgspec.json.encode(_Passed(seq, hashed.hexdigest()))
