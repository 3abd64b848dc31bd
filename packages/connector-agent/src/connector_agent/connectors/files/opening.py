"""Opens a file for reading and tells what stands in the way, gzip or plain."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from connector_sdk import Problem, SettingError

GZIP_FAULTS = (gzip.BadGzipFile, EOFError, zlib.error)


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it ends in .gz. Raises SettingError when it can't
    be opened, and for whatever goes wrong with it while it is read inside."""
    try:
        if not path.is_file():
            raise SettingError(_not_there(path))
        with path.open("rb") as plain:
            if path.suffix.lower() != ".gz":
                yield plain
                return
            with gzip.open(plain) as unpacked:
                yield cast(BinaryIO, unpacked)
    except GZIP_FAULTS as error:
        raise SettingError(
            Problem(
                "gzip_broken",
                f"{path.name} is not a whole gzip file: {error}.",
                "Fetch it again, or take .gz off its name if it isn't packed.",
                path="path",
            )
        ) from error
    except OSError as error:
        raise SettingError(
            Problem(
                "file_unreadable",
                f"{path.name} can't be read: {error.strerror or error}.",
                "Look at its permissions and at the disk.",
                path="path",
            )
        ) from error


def _not_there(path: Path) -> Problem:
    if path.exists():
        return Problem(
            "not_a_file", f"{path.name!r} is not a file.", "State the path of a file.", path="path"
        )
    near = f"There is no file {path.name!r} in {path.parent.name!r}."
    return Problem("no_such_file", near, "Correct the path, or put the file there.", path="path")
