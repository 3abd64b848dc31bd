"""Files: private ones for records and keys, and those that records name by their path."""

import hashlib
import logging
import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

FOLDER = 0o700
FILE = 0o600

_LOG = logging.getLogger("connector_sdk.files")


def private_folder(path: Path, *, narrow: bool = False) -> None:
    """Makes the folder, and those above it that are missing, for the owner alone. One that is
    there stays as it is; with `narrow` others lose what they may do there. Raises OSError."""
    if not path.is_dir():
        if path.parent != path:
            private_folder(path.parent)
        path.mkdir(FOLDER, exist_ok=True)
    if narrow:
        narrowed(path)


def private_file(path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """Opens a file, for the owner alone also where others could read it before; what comes back
    is its descriptor. Raises OSError."""
    file = os.open(path, flags, FILE)
    if stat.S_IMODE(os.fstat(file).st_mode) & ~FILE:
        narrowed(path)
    return file


def narrowed(path: Path) -> None:
    """Takes from others what they may do with a file or folder; where that is refused, it is
    said in the log. Nothing happens where there is none."""
    try:
        found = path.stat()
        mode = stat.S_IMODE(found.st_mode)
        allowed = FOLDER if stat.S_ISDIR(found.st_mode) else FILE
        if mode & ~allowed:
            path.chmod(mode & allowed)
    except FileNotFoundError:
        return
    except OSError as error:
        _LOG.warning(
            "Other users of this machine may read %s, which holds records of people: %s. "
            "Change its permissions to %o.",
            path,
            error.strerror,
            FOLDER if path.is_dir() else FILE,
        )


_STAMP = re.compile(r"#sha256=([0-9a-f]{64})\Z")


class LocalFile(NamedTuple):
    """A path as it is written, and the SHA-256 of the content that is meant; "" for any."""

    path: str
    sha256: str = ""

    @classmethod
    def of(cls, text: str) -> "LocalFile":
        """The file that the value of a field names."""
        found = _STAMP.search(text)
        return cls(text[: found.start()], found[1]) if found is not None else cls(text)

    def __str__(self) -> str:
        return f"{self.path}#sha256={self.sha256}" if self.sha256 else self.path


def sha256_of(content: bytes) -> str:
    """The hash of a file's content as it stands behind a path."""
    return hashlib.sha256(content).hexdigest()


def inside(folder: Path, path: str) -> Path | None:
    """Where a path from `folder` leads, links followed. None where that is outside of it or
    hidden (a name that begins with a dot): a path may come from source data, and must not send
    keys and ledgers. Raises ValueError for what can't be a path, OSError as the system does."""
    top = folder.resolve()
    found = (top / path).resolve()
    if not found.is_relative_to(top):
        return None
    return None if any(name.startswith(".") for name in found.relative_to(top).parts) else found
