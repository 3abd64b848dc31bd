"""`results:` of an operation: files of what was written and of the problems, while it runs.

Both come from the ledger alone. An execution rewrites them from the stored outcomes and adds to
them at each checkpoint, so that a killed run leaves no duplicates in them.
"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import orjson
from connector_sdk import (
    Kind,
    Problem,
    SettingError,
    TargetFullError,
    private_file,
    private_folder,
)

from connector_agent.project.result_files import ResultFiles, result_path
from connector_agent.runs.outcome_table import (
    columns_of,
    csv_header,
    csv_row,
    outcome_json,
    own_columns,
)
from connector_agent.runs.outcomes import OutcomeRow, read_outcomes
from connector_agent.store import Database

_KINDS: dict[str, tuple[Kind, ...]] = {
    "written": ("written",),
    "problems": ("refused", "failed", "unknown"),
}


class Results:
    """The result files of one run. `columns` are those of its source, () where unknown. Raises
    TargetFullError, and SettingError where a file can't be written."""

    def __init__(
        self,
        folder: Path,
        files: ResultFiles,
        database: Database,
        run: str,
        columns: Sequence[str],
    ) -> None:
        self._database = database
        self._run = run
        self._files = [
            _ResultFile(
                folder, path, _KINDS[name], own_columns(columns), run, mark=files.mark_formulas
            )
            for name, path in files.paths.items()
        ]
        self._last = 0

    async def catch_up(self, settled: int | None) -> None:
        """Adds the outcomes up to the record `settled`; None adds all."""
        if not self._files:
            return
        while True:
            after = self._last
            rows = await self._database.call(
                lambda connection, after=after: list(  # type: ignore[misc]
                    read_outcomes(connection, self._run, (), after)
                )
            )
            due = [row for row in rows if settled is None or row.seq <= settled]
            for file in self._files:
                file.add(due)
            if not due or len(due) < len(rows):
                break
            self._last = due[-1].seq
        if due:
            self._last = due[-1].seq
        for file in self._files:
            file.flush()

    def close(self) -> None:
        """May be called twice."""
        for file in self._files:
            file.close()


class _ResultFile:
    def __init__(
        self,
        folder: Path,
        path: str,
        kinds: tuple[Kind, ...],
        columns: Sequence[str],
        run: str,
        *,
        mark: bool,
    ) -> None:
        self._folder = folder
        self._run = run
        self._mark = mark
        self._path = folder / path
        self._kinds = kinds
        self._columns = tuple(columns)
        self._file: TextIO | None = None
        self._begun = False

    def add(self, rows: Sequence[OutcomeRow]) -> None:
        wanted = [row for row in rows if row.kind in self._kinds]
        try:
            file = self._open()
            if self._path.suffix == ".jsonl":
                for row in wanted:
                    file.write(orjson.dumps(outcome_json(row)).decode() + "\n")
                return
            if not self._begun and (wanted or self._columns):
                self._columns = self._columns or columns_of(wanted)
                file.write(csv_header(self._columns, mark=self._mark))
                self._begun = True
            for row in wanted:
                file.write(csv_row(row, self._columns, self._run, mark=self._mark))
        except OSError as error:
            raise self._told(error) from error

    def flush(self) -> None:
        try:
            if self._file is not None:
                self._file.flush()
        except OSError as error:
            raise self._told(error) from error

    def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:
                raise self._told(error) from error

    def _open(self) -> TextIO:
        if self._file is None:
            path = result_path(self._folder, self._path)
            private_folder(path.parent)
            file = private_file(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW)
            os.ftruncate(file, 0)
            self._file = os.fdopen(file, "w", encoding="utf-8", newline="")
        return self._file

    def _told(self, error: OSError) -> TargetFullError | SettingError:
        what = f"The result file {self._path.name} can't be written: {error.strerror}."
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return TargetFullError(
                Problem("target_full", what, "Make room on that disk, then resume the run.")
            )
        return SettingError(
            Problem("results_unwritable", what, "Look at its folder, then resume the run.")
        )
