"""The text of a project's steps.py; what it means, the mapping knows."""

from pathlib import Path

from connector_sdk import Problem, SettingError

FILE = "steps.py"


def read_steps(folder: Path) -> str:
    """The text, "" where the project has no such file. Raises SettingError for one that can't
    be read."""
    path = folder / FILE
    if not path.exists():
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except OSError as error:
        reason = error.strerror or "the system refuses"
    raise SettingError(
        Problem(
            "file_unreadable",
            f"{FILE} can't be read: {reason}.",
            "Look at the file and its permissions, and save it as UTF-8.",
            line=f"{FILE}:1:1",
        )
    )
