"""A new project of what a connector brings for one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson
from connector_sdk import FirstProject, Problem, SettingError

from connector_agent.project.project import MARKER


def create_project(folder: Path, first: FirstProject) -> list[str]:
    """Fills `folder` with a project that runs at once; gives the paths of its files. Raises
    SettingError when something is there already, and when nothing can be written there; of what
    was begun nothing is left then."""
    made: list[Path] = []
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise SettingError(
                Problem(
                    "folder_not_empty",
                    f"The folder {folder} is not empty.",
                    "Name a new folder, so that nothing is written over.",
                )
            )
        with _undone(made):
            for each in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
                _make(each, made)
            _write(first, folder, made)
    except OSError as error:
        raise SettingError(
            Problem(
                "folder_unwritable",
                f"{folder} can't be made a project: {error.strerror or error}.",
                "Name another folder, or look at the permissions.",
            )
        ) from error
    return sorted(each.relative_to(folder).as_posix() for each in made if each.is_file())


@contextmanager
def _undone(made: list[Path]) -> Iterator[None]:
    """Takes away what was made, the last first, when not all of it can be."""
    try:
        yield
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _make(folder: Path, made: list[Path]) -> None:
    made.append(folder)
    folder.mkdir()


def _write(first: FirstProject, folder: Path, made: list[Path]) -> None:
    name = f"name: {orjson.dumps(folder.absolute().name).decode()}\n"
    for path, text in {MARKER: "", **first.files}.items():
        target = folder / path
        for each in reversed([one for one in target.parents if not one.exists()]):
            _make(each, made)
        made.append(target)
        target.write_text(name + text if path == MARKER else text, encoding="utf-8")
