"""How much of a file may be one record, and how large it may unpack: a limit that a person can
raise, and a message before the memory is full."""

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol

from connector_sdk import Problem, SettingError

MEGABYTE = 1 << 20
RECORD_MEGABYTES = 16
UNPACKED_MEGABYTES = 10 << 10
KEPT = 1000
"""Characters that are kept of a record that is too long."""

_CHUNK = 1 << 16


class Limits(NamedTuple):
    """`record` counts bytes (characters in a text), `unpacked` bytes of a file."""

    record: int = RECORD_MEGABYTES * MEGABYTE
    unpacked: int = UNPACKED_MEGABYTES * MEGABYTE

    @property
    def raise_record(self) -> str:
        """How a longer record is let in."""
        return f"state `record_megabytes` above {self.record // MEGABYTE}"


def too_long(what: str, limits: Limits, at: str, likely: str = "") -> Problem:
    """The problem of a record that is longer than `record_megabytes`."""
    return Problem(
        "record_too_long",
        f"{what} is longer than {limits.record:,} characters (`record_megabytes`)."
        + (f" {likely}" if likely else ""),
        f"Correct the file; if it is right, {limits.raise_record}.",
        at=at,
    )


class _Lines(Protocol):
    def readline(self, size: int, /) -> str: ...


def bounded_lines(text: _Lines, limit: int) -> Iterator[str]:
    """The lines of a text with their ends. Of one that is longer than `limit` it is the first
    `limit` characters and one more, without its end; the rest is passed over."""
    cut = False  # between the two characters of a line end
    while line := text.readline(limit + 1):
        if cut and line == "\n":
            cut = False
            continue
        size, end = limit + 1, line
        while len(end) == size and end[-1] not in "\r\n":
            size = _CHUNK
            if not (end := text.readline(size)):
                break
        cut = len(end) == size and end[-1] == "\r"
        yield line


class _Counted(io.RawIOBase):
    def __init__(self, unpacked: BinaryIO, name: str, limit: int) -> None:
        self._unpacked = unpacked
        self._name = name
        self._limit = limit
        self._passed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        data = self._unpacked.read(len(buffer))
        buffer[: len(data)] = data
        self._passed += len(data)
        if self._passed > self._limit:
            raise SettingError(unpacked_too_large(self._name, self._limit))
        return len(data)


def counted(unpacked: BinaryIO, name: str, limit: int) -> io.BufferedReader:
    """The bytes of an unpacked file; SettingError for more of them than `limit`."""
    return io.BufferedReader(_Counted(unpacked, name, limit), _CHUNK)


def unpacked_too_large(name: str, limit: int) -> Problem:
    """The problem of a file that is packed smaller than it may be large."""
    return Problem(
        "unpacked_too_large",
        f"{name} has more than {limit:,} bytes when it is unpacked (`unpacked_megabytes`).",
        "Look at where the file comes from; if it is right, state `unpacked_megabytes` above "
        f"{limit // MEGABYTE:,}.".replace(",", ""),
        path="unpacked_megabytes",
    )
