"""Unpacks bz2 and xz to the last byte.

Both may be several streams one behind the other, as parallel packers write them. Python's own
files take a stream that is broken from its start for an end, and give the rest of it as nothing.
"""

import io
from collections.abc import Callable
from typing import BinaryIO, Protocol

_CHUNK = 1 << 16


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


def unpacked_streams(packed: BinaryIO, begin: Callable[[], _Decompressor]) -> io.BufferedReader:
    """The bytes of all streams in `packed`; `begin` makes what unpacks one. Zeros that fill up
    behind a stream are passed over. Reading raises EOFError where a stream is cut off, and what
    `begin` made raises for one that is broken."""
    return io.BufferedReader(_Streams(packed, begin), _CHUNK)


class _Streams(io.RawIOBase):
    def __init__(self, packed: BinaryIO, begin: Callable[[], _Decompressor]) -> None:
        self._packed = packed
        self._begin = begin
        self._one = begin()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        while True:
            given = b""
            if self._one.eof:
                given = self._following()
                if not given:
                    return 0
                self._one = self._begin()
            elif self._one.needs_input:
                given = self._packed.read(_CHUNK)
                if not given:
                    raise EOFError("it is cut off")
            data = self._one.decompress(given, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)

    def _following(self) -> bytes:
        """What stands behind a stream that has ended; nothing at the end of the file."""
        given = self._one.unused_data
        while not (rest := given.lstrip(b"\0")):
            given = self._packed.read(_CHUNK)
            if not given:
                return b""
        return rest
