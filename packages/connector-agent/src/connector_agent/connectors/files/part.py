"""The hidden file in which a target is written until it is whole, and a note of what a whole one
was made of."""

import asyncio
import errno
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

import msgspec
from connector_sdk import (
    ConnectorError,
    Problem,
    SettingError,
    TargetFullError,
    TargetLostError,
    private_file,
    private_folder,
)
from filelock import lock_descriptor

from connector_agent.connectors.files.opening import GZIP_LEVEL

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `function`, run in a thread. A thread can't be interrupted: when the
    caller is cancelled it still waits for the end, so that nobody closes the file under it."""
    step = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        if not step.done():
            await asyncio.wait([step])
            step.exception()
        raise


_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class _Note(msgspec.Struct):
    size: int
    crc: int
    made: tuple[int, int, int]


class MadeNote:
    """The note on one target. It lies among the runner's own files; without a place for these
    there is none."""

    def __init__(self, state: Path | None, final: Path) -> None:
        name = blake2b(os.fsencode(final), digest_size=12).hexdigest()
        self._path = state / "files" / f"{name}.json" if state is not None else None
        self._final = final

    def write(self, size: int, crc: int, made: os.stat_result) -> None:
        """Notes that `made`, about to be moved into place, is all of a part."""
        if self._path is None:
            return
        private_folder(self._path.parent)
        fresh = self._path.with_suffix(".new")
        with os.fdopen(private_file(fresh, _ANEW), "wb") as file:
            file.write(msgspec.json.encode(_Note(size, crc, _mark(made))))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def tells_of(self, size: int, crc: int) -> bool:
        """Whether the file in its place was made of a part of this size and checksum."""
        if self._path is None:
            return False
        try:
            note = msgspec.json.decode(self._path.read_bytes(), type=_Note)
            found = _mark(self._final.stat())
        except (OSError, msgspec.MsgspecError):
            return False
        return (note.size, note.crc, note.made) == (size, crc, found)


def _mark(found: os.stat_result) -> tuple[int, int, int]:
    return (found.st_ino, found.st_size, found.st_mtime_ns)


_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_GZIP_WINDOW = 31
# A link that somebody put there must not lead the bytes elsewhere.
_PART = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW

Make = Callable[[BinaryIO, BinaryIO], None]
"""Makes a whole file, the second, of what a part holds, the first."""


class Part:
    """Bytes on their way to `final`: kept in `.<name>.part` beside it and moved over it when
    they are whole. One process at a time holds it. `size` and `crc` tell of all bytes that
    were handed to the disk. With `packing` they become gzip on their way.

    Whatever writes may raise TargetFullError, or SettingError for another fault of the disk;
    after that nothing but `close` does any good.
    """

    def __init__(
        self, final: Path, file: int, *, packing: bool, size: int = 0, crc: int = 0
    ) -> None:
        self.size = size
        self.crc = crc
        self._final = final
        self._file = file
        self._packing = packing
        self._packer: zlib._Compress | None = None
        self._failure: ConnectorError | None = None

    @classmethod
    def begun(cls, final: Path, *, packing: bool) -> "Part":
        """An empty one. What an interrupted run left aside is dropped."""
        with _told(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            file = _held(final)
            with suppress(FileNotFoundError):
                os.fchmod(file, final.stat().st_mode & 0o777)
            os.ftruncate(file, 0)
        return cls(final, file, packing=packing)

    @classmethod
    def resumed(cls, final: Path, size: int, crc: int, *, packing: bool) -> "Part":
        """Goes on behind the first `size` bytes, once they are proved to be the ones that
        were written; what follows them is cut off. Where the part was moved into place
        already, because a run was stopped right behind that, they are copied from there.
        Raises TargetLostError when they are not to be had."""
        with _told(final):
            if part_of(final).exists():
                file = _held(final)
            else:
                _prove(final, size, crc)
                file = _held(final)
                _copy(final, file, size)
            try:
                _prove(part_of(final), size, crc)
            except BaseException:
                os.close(file)
                raise
            os.ftruncate(file, size)
            os.lseek(file, size, os.SEEK_SET)
        return cls(final, file, packing=packing, size=size, crc=crc)

    def append(self, data: bytes | bytearray) -> None:
        """Adds bytes; they are safe against a crash only after `settle`."""
        if self._packing:
            if self._packer is None:
                self._packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
            data = self._packer.compress(data)
        self._write(data)

    def settle(self) -> None:
        """Makes all bytes durable. A gzip file ends a member here, so that it can be cut at
        this size and stays readable."""
        if self._packer is not None:
            rest = self._packer.flush()
            self._packer = None
            self._write(rest)
        with self._failing():
            os.fsync(self._file)

    def complete(self) -> None:
        """Moves the file into place, whole and durable."""
        if self._packing and self.size == 0 and self._packer is None:
            self.append(b"")
        self.settle()
        with self._failing():
            part_of(self._final).replace(self._final)
            _settle_folder(self._final)
        self.close()

    def complete_made(self, make: Make, told: Callable[[os.stat_result], None]) -> None:
        """Makes the file of the part, whole and durable, moves that into place, and drops the
        part. Right before the move `told` is called with what the file is then."""
        self.settle()
        made = self._final.with_name(f".{self._final.name}.made")
        with self._failing():
            with part_of(self._final).open("rb") as part, _anew(made) as out:
                os.fchmod(out.fileno(), os.fstat(self._file).st_mode & 0o777)
                make(part, out)
                out.flush()
                os.fsync(out.fileno())
            told(made.stat())
            made.replace(self._final)
            _settle_folder(self._final)
            part_of(self._final).unlink()
        self.close()

    def close(self) -> None:
        """Lets go of the file; without `complete` it stays aside. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, data: bytes | bytearray) -> None:
        with self._failing():
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
        self.size += len(data)
        self.crc = zlib.crc32(data, self.crc)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Remembers the first fault, so that nothing is called durable behind a gap."""
        if self._failure is not None:
            raise self._failure
        try:
            with _told(self._final):
                yield
        except ConnectorError as error:
            self._failure = error
            raise


def _anew(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, _PART | os.O_TRUNC, 0o666), "w+b")


def _settle_folder(final: Path) -> None:
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def part_of(final: Path) -> Path:
    """Where the bytes of `final` wait until they are whole."""
    return final.with_name(f".{final.name}.part")


def _held(final: Path) -> int:
    """The part, opened and held for this process alone."""
    path = part_of(final)
    while True:
        file = os.open(path, _PART, 0o666)
        try:
            taken = lock_descriptor(file, blocking=False)
            # Between open and lock another process may have moved the file into place.
            if taken and path.exists() and path.stat().st_ino == os.fstat(file).st_ino:
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)
        if not taken:
            raise SettingError(
                Problem(
                    "target_busy",
                    f"{final.name} is being written by another run.",
                    "Wait for its end, or state another path.",
                    path="path",
                )
            )


def _prove(path: Path, size: int, crc: int) -> None:
    """Raises TargetLostError unless the first `size` bytes are the ones that were written."""
    if not path.is_file():
        raise _gone(path, "is missing")
    found = 0
    left = size
    with path.open("rb") as file:
        while left:
            block = file.read(min(left, _BLOCK))
            if not block:
                raise _gone(path, f"has {size - left} bytes, and {size} were written to it")
            found = zlib.crc32(block, found)
            left -= len(block)
    if found != crc:
        raise _gone(path, "holds other bytes than the run wrote")


def _copy(origin: Path, file: int, size: int) -> None:
    os.ftruncate(file, 0)
    with origin.open("rb") as source:
        while size:
            size -= os.sendfile(file, source.fileno(), None, size)


def _gone(path: Path, how: str) -> TargetLostError:
    return TargetLostError(
        Problem(
            "part_lost",
            f"The file {path.name}, in which the run was writing, {how}.",
            "It is written from its start.",
        )
    )


@contextmanager
def _told(final: Path) -> Iterator[None]:
    """Makes a fault of the disk one that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise TargetFullError(
                Problem(
                    "target_full",
                    f"There is no room left to write {final.name}: {error.strerror}.",
                    "Make room on that disk, then resume the run; nothing is lost or doubled.",
                )
            ) from error
        raise SettingError(
            Problem(
                "target_unwritable",
                f"{final.name} can't be written: {error.strerror or error}.",
                "Look at the permissions of its folder and at the disk, then resume the run.",
            )
        ) from error
