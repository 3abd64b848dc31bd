"""Moves files that were read to another folder, without ever writing over one there."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from connector_sdk import Problem

from connector_agent.connectors.files.opening import PACKINGS


def put_away(path: Path, folder: Path) -> Problem | None:
    """Moves `path` into `folder`; where that has one of the same name, with a number behind its
    own. A Problem tells why it could not be moved; the file then stays where it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = _reserved(folder, path.name)
        try:
            path.replace(place)
        except OSError:
            with suppress(OSError):
                place.unlink()
            raise
    except OSError as error:
        elsewhere = error.errno == errno.EXDEV
        return Problem(
            "not_moved",
            f"{path.name} was read, and can't be moved to {folder.name}: "
            f"{error.strerror or error}.",
            f"State a folder on the same disk, and move {path.name} there by hand."
            if elsewhere
            else f"Look at the permissions of both folders, and move {path.name} by hand.",
            path="after.move_to",
        )
    return None


def _reserved(folder: Path, name: str) -> Path:
    """An empty file under a name that was free until now, to be replaced by the real one."""
    stem, ending = _split(name)
    count = 1
    while True:
        place = folder / (name if count == 1 else f"{stem} ({count}){ending}")
        try:
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            count += 1
        else:
            return place


def _split(name: str) -> tuple[str, str]:
    """Name and ending, which are two for a packed file."""
    path = Path(name)
    inner = Path(path.stem).suffix if path.suffix.lower() in PACKINGS else ""
    ending = inner + path.suffix
    return name.removesuffix(ending) if ending else name, ending
