"""Folders and files that hold records of people or keys: for their owner alone, whatever the
umask says."""

import logging
import os
import stat
from pathlib import Path

FOLDER = 0o700
FILE = 0o600

_LOG = logging.getLogger("connector_sdk.private")


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
