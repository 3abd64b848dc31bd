"""Opens files, packed ones too, and says what stands in the way."""

import bz2
import gzip
import io
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Protocol, cast

from connector_sdk import Problem, SettingError, shown

from connector_agent.connectors.files.limits import Limits, counted

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


Packing = Literal["", "gzip", "bz2", "xz", "zip"]

PACKINGS: dict[str, Packing] = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zip": "zip"}
"""How a file is packed, by its ending."""

_BROKEN = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_ENCRYPTED = 0x1
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


_XZ_MEMORY = 1 << 28
"""Bytes that unpacking xz may take; its strongest level takes a quarter of that."""


class Stored(NamedTuple):
    """A file, how it is packed, which of an archive's files is meant ("" for its only one), and
    how large it may be."""

    path: Path
    packing: Packing = ""
    member: str = ""
    limits: Limits = Limits()


@contextmanager
def reading(stored: Stored) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked as they are read and never as a whole. Raises SettingError
    when it can't be opened, and for whatever goes wrong with it while it is read inside."""
    path = stored.path
    try:
        if not path.is_file():
            raise SettingError(_not_there(path))
        with path.open("rb") as plain, _unpacked(plain, stored) as unpacked:
            if not stored.packing:
                yield unpacked
                return
            with counted(unpacked, path.name, stored.limits.unpacked) as bounded:
                yield cast(BinaryIO, bounded)
    except _BROKEN as error:
        if not stored.packing:
            raise  # It is the format's matter.
        raise SettingError(_broken(stored, error)) from error
    except OSError as error:
        if stored.packing == "bz2" and error.errno is None:
            raise SettingError(_broken(stored, error)) from error
        raise SettingError(
            Problem(
                "file_unreadable",
                f"{path.name} can't be read: {error.strerror or error}.",
                "Look at its permissions and at the disk.",
                path="path",
            )
        ) from error


def member_of(stored: Stored) -> str:
    """The name of the one file in a zip archive that is meant. Raises SettingError."""
    if not stored.path.is_file():
        raise SettingError(_not_there(stored.path))
    try:
        with zipfile.ZipFile(stored.path) as archive:
            return _member(archive, stored).filename
    except (*_BROKEN, OSError) as error:
        raise SettingError(_broken(stored, error)) from error


@contextmanager
def _unpacked(plain: BinaryIO, stored: Stored) -> Iterator[BinaryIO]:
    match stored.packing:
        case "gzip":
            with gzip.open(plain) as unpacked:
                yield cast(BinaryIO, unpacked)
        case "bz2":
            with unpacked_streams(plain, bz2.BZ2Decompressor) as unpacked:
                yield unpacked
        case "xz":
            with unpacked_streams(plain, _xz) as unpacked:
                yield unpacked
        case "zip":
            with (
                zipfile.ZipFile(plain) as archive,
                archive.open(_member(archive, stored)) as member,
            ):
                yield cast(BinaryIO, member)
        case _:
            yield plain


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY)


def _member(archive: zipfile.ZipFile, stored: Stored) -> zipfile.ZipInfo:
    # A Mac adds a file of its own for each one that it packs.
    files = [
        each
        for each in archive.infolist()
        if not each.is_dir() and not each.filename.startswith("__MACOSX/")
    ]
    names = [each.filename for each in files]
    found = [each for each in files if not stored.member or each.filename == stored.member]
    archive_name = stored.path.name
    if len(found) != 1:
        one = f"{archive_name} holds {len(files)} files: {shown(', '.join(names))}."
        raise SettingError(
            Problem(
                "member_unknown",
                f"{archive_name} has no file {stored.member!r} in it. {one}"
                if stored.member
                else one,
                "Name the one that is meant with `member`."
                if names
                else "Look at where the archive comes from; it is empty.",
                path="member" if stored.member else "path",
                value=stored.member,
            )
        )
    if found[0].flag_bits & _ENCRYPTED:
        raise SettingError(
            Problem(
                "member_encrypted",
                f"{found[0].filename} in {archive_name} is encrypted.",
                "Unpack it with its password, and state the path of the unpacked file.",
                path="path",
            )
        )
    if found[0].compress_type not in _READABLE:
        raise SettingError(
            Problem(
                "member_unreadable",
                f"{found[0].filename} in {archive_name} is packed in a way that can't be read "
                f"(method {found[0].compress_type}).",
                "Unpack it and state the path of the unpacked file, or pack it by deflate.",
                path="path",
            )
        )
    return found[0]


def _broken(stored: Stored, error: Exception) -> Problem:
    name = stored.path.name
    told = str(error).rstrip(".") or type(error).__name__
    return Problem(
        f"{stored.packing}_broken",
        f"{name} is not a whole {stored.packing} file: {told}.",
        f"Fetch it again, or state `compression` if {name} isn't packed as its ending says.",
        path="path",
    )


def _not_there(path: Path) -> Problem:
    if path.exists():
        return Problem(
            "not_a_file", f"{path.name!r} is not a file.", "State the path of a file.", path="path"
        )
    near = f"There is no file {path.name!r} in {path.parent.name!r}."
    return Problem("no_such_file", near, "Correct the path, or put the file there.", path="path")


GZIP_LEVEL = 6


@contextmanager
def packed(out: BinaryIO, packing: Packing, member: str) -> Iterator[BinaryIO]:
    """Takes bytes, and gives them to `out` as `packing` says; in a zip archive as `member`."""
    match packing:
        case "gzip":
            with gzip.GzipFile("", "wb", GZIP_LEVEL, out, mtime=0) as packer:
                yield cast(BinaryIO, packer)
        case "bz2":
            with bz2.open(out, "wb") as packer:
                yield cast(BinaryIO, packer)
        case "xz":
            with lzma.open(out, "wb") as packer:
                yield cast(BinaryIO, packer)
        case "zip":
            with (
                zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
                archive.open(member, "w", force_zip64=True) as packer,
            ):
                yield cast(BinaryIO, packer)
        case _:
            yield out


def pack(part: BinaryIO, out: BinaryIO, packing: Packing, member: str) -> None:
    """Packs all of `part` into `out`."""
    with packed(out, packing, member) as packer:
        shutil.copyfileobj(part, packer, 1 << 20)
