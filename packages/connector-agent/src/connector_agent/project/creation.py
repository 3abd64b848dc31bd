"""A new project from the template that comes with the agent."""

import json
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
    SettingError when something is there already, and when nothing can be written there."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise SettingError(
                Problem(
                    "folder_not_empty",
                    f"The folder {folder} is not empty.",
                    "Name a new folder, so that nothing is written over.",
                )
            )
        folder.mkdir(parents=True, exist_ok=True)
        written: list[str] = []
        _copy(resources.files("connector_agent.project") / "template", folder, folder, written)
    except OSError as error:
        raise SettingError(
            Problem(
                "folder_unwritable",
                f"{folder} can't be made a project: {error.strerror or error}.",
                "Name another folder, or look at the permissions.",
            )
        ) from error
    return sorted(written)


def _copy(source: Traversable, folder: Path, root: Path, written: list[str]) -> None:
    for item in source.iterdir():
        target = folder / _RENAMED.get(item.name, item.name)
        if item.is_dir():
            target.mkdir()
            _copy(item, target, root, written)
            continue
        text = item.read_text(encoding="utf-8")
        if item.name == MARKER:
            text = text.replace(_NAME, f"name: {json.dumps(root.absolute().name)}\n", 1)
        target.write_text(text, encoding="utf-8")
        written.append(target.relative_to(root).as_posix())
