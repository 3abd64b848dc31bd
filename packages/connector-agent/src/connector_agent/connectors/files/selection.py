"""Which files a `path` names: one, all of a folder, or those that match a pattern."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from connector_sdk import Problem, SettingError

from connector_agent.connectors.files.place import file_of

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
