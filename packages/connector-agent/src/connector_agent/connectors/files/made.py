"""Remembers what a finished file was made of.

A file that is made of its part has nothing of the part in it. If the process ends between the
move into place and the note of its runner that the run is over, the runner goes on at the last
position; this note then tells that nothing is left to do.
"""

import os
from hashlib import blake2b
from pathlib import Path

import msgspec
from connector_sdk import private_file, private_folder

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
