"""The folder of the project that a command works on."""

from pathlib import Path

from connector_sdk import SettingError

from connector_agent.project import Project


def project_folder(stated: Path | None) -> Path:
    """The folder that was stated, or the one that this folder is in. Raises SettingError when
    there is none."""
    return stated.absolute() if stated is not None else Project.find(Path.cwd())


def project_folder_if_any(stated: Path | None) -> Path | None:
    """The same; None outside of a project where none was stated."""
    try:
        return project_folder(stated)
    except SettingError:
        return None
