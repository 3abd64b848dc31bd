"""A new project from the template that comes with the agent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from connector_sdk import Problem, SettingError

from connector_agent.project.project import MARKER

_NAME = "name: my project\n"
_RENAMED = {"gitignore": ".gitignore"}
"""Files that a package can't hold under the name that they are to have."""


def create_project(folder: Path) -> list[str]:
    """Fills `folder` with an example that runs at once; gives the paths of its files. Raises
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
        template = resources.files("connector_agent.project") / "template"
        with _undone(made):
            for each in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
                _make(each, made)
            _copy(template, folder, folder, made)
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


def _copy(source: Traversable, folder: Path, root: Path, made: list[Path]) -> None:
    for item in source.iterdir():
        target = folder / _RENAMED.get(item.name, item.name)
        if item.is_dir():
            _make(target, made)
            _copy(item, target, root, made)
            continue
        text = item.read_text(encoding="utf-8")
        if item.name == MARKER:
            text = text.replace(_NAME, f"name: {json.dumps(root.absolute().name)}\n", 1)
        made.append(target)
        target.write_text(text, encoding="utf-8")
