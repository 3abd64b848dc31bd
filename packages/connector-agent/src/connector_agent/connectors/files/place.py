"""Where the files of a connection lie, and what an activity may reach."""

from pathlib import Path

from connector_sdk import Problem, SettingError


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
