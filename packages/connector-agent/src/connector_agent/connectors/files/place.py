"""Where the files of a connection are: what it may reach, which files a path names, where read
ones are moved."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from connector_sdk import Problem, SettingError

from connector_agent.connectors.files.opening import PACKINGS


def folder_of(stated: str, project: Path | None) -> Path:
    """The folder of a connection: `stated` is taken from the project's folder, or from the
    current one outside of a project. Raises SettingError when a relative folder leaves it."""
    home = (project or Path.cwd()).resolve()
    folder = (home / stated).resolve()
    if not Path(stated).is_absolute() and not folder.is_relative_to(home):
        raise SettingError(
            Problem(
                "folder_outside",
                f"The folder {stated!r} leads out of the project.",
                "State it as an absolute path if that is what you want.",
                path="folder",
                value=stated,
            )
        )
    return folder


def file_of(folder: Path, stated: str, setting: str = "path") -> Path:
    """What a setting of an activity names, symbolic links followed. Raises SettingError when
    it lies outside of the connection's folder."""
    if not stated.strip() or "\0" in stated:
        raise SettingError(
            Problem(
                "path_empty",
                "The path of the file is empty or not a path.",
                "State the path of a file in the connection's folder.",
                path=setting,
                value=stated,
            )
        )
    try:
        path = (folder / stated).resolve()
        circle = any(each.is_symlink() for each in (path, *path.parents))
    except OSError as error:
        raise _broken(stated, setting, error.strerror or str(error)) from error
    except RuntimeError:  # before Python 3.13
        circle = True
    if circle:
        raise _broken(stated, setting, "its symbolic links lead in a circle")
    if not path.is_relative_to(folder):
        raise SettingError(
            Problem(
                "path_outside",
                f"The path {stated!r} leads out of the connection's folder.",
                "Move the file there, or state its folder as the `folder` of a connection.",
                path=setting,
                value=stated,
            )
        )
    return path


def _broken(stated: str, setting: str, why: str) -> SettingError:
    return SettingError(
        Problem(
            "path_broken",
            f"The path {stated!r} can't be followed: {why}.",
            "Correct the path.",
            path=setting,
            value=stated,
        )
    )


_PATTERN = re.compile(r"[*?\[]")


class Found(NamedTuple):
    """A file, and the name by which cursors and records tell it: from the connection's folder
    on where there may be several, else its own."""

    path: Path
    name: str


def found_files(folder: Path, stated: str, move_to: Path | None) -> list[Found]:
    """The files that `stated` names, in the order of their names. Hidden ones and those below
    `move_to` are passed over. Raises SettingError when there is none, and for a file that lies
    outside of the folder through a link."""
    single = _fixed(folder, stated)
    if single is not None and not single.is_dir():
        return [Found(single, single.name)]
    if single is not None:
        candidates: Iterator[Path] = (folder / stated).iterdir()
    else:
        candidates = _matches(folder, stated)
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in candidates
        if path.is_file() and not _is_hidden(path.relative_to(folder))
    )
    found = [Found(file_of(folder, name), name) for name in names]
    if move_to is not None:
        found = [each for each in found if not each.path.is_relative_to(move_to)]
    if not found:
        what = f"The folder {stated!r} is empty" if single else f"No file matches {stated!r}"
        raise SettingError(
            Problem(
                "no_files",
                f"{what}; there is nothing to read.",
                "Correct the path, or put files there.",
                path="path",
                value=stated,
            )
        )
    return found


def _fixed(folder: Path, stated: str) -> Path | None:
    """The one file or folder that is meant; None for a pattern. A file that has the very name
    goes before a pattern."""
    if not _PATTERN.search(stated) or (folder / stated).exists():
        return file_of(folder, stated)
    return None


def _matches(folder: Path, stated: str) -> Iterator[Path]:
    if Path(stated).is_absolute() or ".." in Path(stated).parts:
        raise _no_pattern(stated, "it leads out of the connection's folder")
    # Python takes it for `*` from 3.13 on.
    if any("**" in part and part != "**" for part in Path(stated).parts):
        raise _no_pattern(stated, "`**` stands for folders, and nothing else may be beside it")
    try:
        return iter(list(folder.glob(stated)))
    except (ValueError, NotImplementedError) as error:
        raise _no_pattern(stated, str(error)) from error


def _no_pattern(stated: str, why: str) -> SettingError:
    return SettingError(
        Problem(
            "path_broken",
            f"The pattern {stated!r} can't be followed: {why}.",
            "Write one such as inbox/*.csv, from the connection's folder on.",
            path="path",
            value=stated,
        )
    )


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


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
