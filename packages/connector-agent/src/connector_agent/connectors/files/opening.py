"""Opens a file for reading, packed or plain, and tells what stands in the way."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from connector_sdk import Problem, SettingError, did_you_mean, shown

from connector_agent.connectors.files.kinds import told_by

_BROKEN = (
    gzip.BadGzipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,  # a zip that is packed in a way that Python does not know
)
_ENCRYPTED = 0x1


class Input(NamedTuple):
    """One file to read: where it lies, how people see it, and which one of an archive it is
    ("": the only one)."""

    path: Path
    name: str
    member: str = ""


@contextmanager
def reading(source: Input) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked as its ending says. Raises SettingError when it can't be
    opened, and for whatever goes wrong with it while it is read inside."""
    packing = told_by(source.path.name).packing
    try:
        with _plain(source) as plain:
            match packing:
                case "gzip":
                    with gzip.open(plain) as unpacked:
                        yield cast(BinaryIO, unpacked)
                case "bzip2":
                    with bz2.open(plain) as unpacked:
                        yield cast(BinaryIO, unpacked)
                case "xz":
                    with lzma.open(plain) as unpacked:
                        yield cast(BinaryIO, unpacked)
                case "zip":
                    with zipfile.ZipFile(plain) as archive:
                        member = _only(archive, source)
                        with archive.open(member) as unpacked:
                            yield cast(BinaryIO, unpacked)
                case _:
                    yield plain
    except _BROKEN as error:
        raise SettingError(_broken(source, packing, error)) from error
    except OSError as error:
        if packing and error.errno is None:  # what bz2 raises for other data
            raise SettingError(_broken(source, packing, error)) from error
        raise SettingError(_unreadable(source, error)) from error


def member_name(source: Input) -> str:
    """The name of the file inside of a zip archive. Raises SettingError when it isn't there,
    and when there are several and none is chosen."""
    try:
        with _plain(source) as plain, zipfile.ZipFile(plain) as archive:
            return _only(archive, source).filename
    except _BROKEN as error:
        raise SettingError(_broken(source, "zip", error)) from error
    except OSError as error:
        raise SettingError(_unreadable(source, error)) from error


@contextmanager
def _plain(source: Input) -> Iterator[BinaryIO]:
    if not source.path.is_file():
        raise SettingError(_not_there(source.path))
    with source.path.open("rb") as plain:
        yield plain


def _only(archive: zipfile.ZipFile, source: Input) -> zipfile.ZipInfo:
    # What macOS and hidden files of folders add is nobody's data.
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not member.filename.rpartition("/")[2].startswith(".")
    ]
    names = [member.filename for member in members]
    if source.member:
        members = [member for member in members if member.filename == source.member]
        if not members:
            raise SettingError(
                Problem(
                    "no_such_member",
                    f"There is no file {source.member!r} in {source.name}.",
                    did_you_mean(source.member, names) or f"It holds: {shown(', '.join(names))}.",
                    path="member",
                    value=source.member,
                )
            )
    if not members:
        raise SettingError(
            Problem(
                "archive_empty",
                f"There is no file in {source.name}.",
                "Look at where the archive comes from.",
                path="path",
            )
        )
    if len(members) > 1:
        raise SettingError(
            Problem(
                "archive_of_several",
                f"{source.name} holds {len(names)} files: {shown(', '.join(names))}.",
                "State the one to read as `member`.",
                path="member",
            )
        )
    if members[0].flag_bits & _ENCRYPTED:
        raise SettingError(
            Problem(
                "archive_encrypted",
                f"{source.name} is locked with a password.",
                "Unpack it, and state the path of the file that was in it.",
                path="path",
            )
        )
    return members[0]


def _broken(source: Input, packing: str, error: Exception) -> Problem:
    return Problem(
        "archive_broken",
        f"{source.name} is not a whole {packing} file: {error}.",
        "Fetch it again or unpack it; correct the ending of its name if it isn't packed so.",
        path="path",
    )


def _unreadable(source: Input, error: OSError) -> Problem:
    return Problem(
        "file_unreadable",
        f"{source.name} can't be read: {error.strerror or error}.",
        "Look at its permissions and at the disk.",
        path="path",
    )


def _not_there(path: Path) -> Problem:
    if path.exists():
        return Problem(
            "not_a_file", f"{path.name!r} is not a file.", "State the path of a file.", path="path"
        )
    near = f"There is no file {path.name!r} in {path.parent.name!r}."
    return Problem("no_such_file", near, "Correct the path, or put the file there.", path="path")
