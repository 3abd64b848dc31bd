"""`results:` of an operation: the files that tell what became of its records."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from connector_sdk import JSON, Problem, SettingError, inside

from connector_agent.project.document import Faults
from connector_agent.project.names import nearest
from connector_agent.project.variables import Variables, refused

ENDINGS = (".csv", ".jsonl")
_PATHS = ("written", "problems")
_EXAMPLE = "out/problems.csv"


class ResultFiles(NamedTuple):
    """Paths below the project's folder; "" where no file is wanted. `written` lists what the
    target has, `problems` what was refused, failed or stayed unknown. With `mark_formulas` CSV
    has a mark before what a spreadsheet would run."""

    written: str = ""
    problems: str = ""
    mark_formulas: bool = True

    @property
    def paths(self) -> dict[str, str]:
        """Those that are wanted, by what they list."""
        return {name: getattr(self, name) for name in _PATHS if getattr(self, name)}


def read_result_files(faults: Faults, top: Mapping[str, JSON], variables: Variables) -> ResultFiles:
    """What stands at `results:`, with variables put in place."""
    if "results" not in top:
        return ResultFiles()
    try:
        value = variables.resolve(faults.document, ("results",), refused)
    except SettingError as error:
        faults.problems.extend(error.problems)
        return ResultFiles()
    entry = faults.mapping(value, ("results",))
    for key in entry:
        if key not in ResultFiles._fields:
            faults.add(
                "unknown_key",
                f"'results' has no {key!r}.",
                nearest(key, ResultFiles._fields) or f"It has: {', '.join(ResultFiles._fields)}.",
                ("results", key),
            )
    paths = {name: _path(faults, entry, name) for name in _PATHS if name in entry}
    found = ResultFiles(**paths, mark_formulas=_marks(faults, entry))
    if found.written and found.written.casefold() == found.problems.casefold():
        faults.add(
            "bad_results",
            "'written' and 'problems' name the same file.",
            "Give each a file of its own.",
            ("results", "problems"),
        )
    return found


def _marks(faults: Faults, entry: Mapping[str, JSON]) -> bool:
    value = entry.get("mark_formulas", True)
    if not isinstance(value, bool):
        faults.add(
            "bad_results",
            "'mark_formulas' has to be true or false.",
            "Write `mark_formulas: false` where no spreadsheet reads the files.",
            ("results", "mark_formulas"),
        )
    return value is not False


def result_path(folder: Path, path: Path) -> Path:
    """Where a result file of the project in `folder` is written, links followed. Raises
    SettingError where that is outside of the project, or hidden."""
    try:
        found = inside(folder, os.fspath(path))
    except (OSError, RuntimeError):  # links in a circle
        found = None
    if found is None:
        raise SettingError(
            Problem(
                "path_outside",
                f"The result file {path.name} would be written outside of the project, or to a "
                "hidden place: its path leads there, or a link on it does.",
                "Take the link away, or name another path in `results:`; no name on it may "
                "start with a dot.",
                path="results",
                value=os.fspath(path),
            )
        )
    return found


def _path(faults: Faults, entry: Mapping[str, JSON], name: str) -> str:
    keys = ("results", name)
    text = faults.text(entry, keys)
    if not text:
        return ""
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or "\0" in text:
        faults.add(
            "path_outside",
            f"{name!r} has to name a file inside the project, not {text!r}.",
            f"Write a path from the project's folder on, as in `{name}: {_EXAMPLE}`.",
            keys,
        )
    elif path.suffix not in ENDINGS:
        faults.add(
            "bad_results",
            f"{name!r} has to end in .csv or .jsonl, which says how it is written.",
            f"Write it as in `{name}: {_EXAMPLE}`.",
            keys,
        )
    else:
        return str(path)
    return ""
