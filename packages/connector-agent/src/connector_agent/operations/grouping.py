"""Puts rows together into groups. Pure; `GroupedSource` feeds it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson
from connector_sdk import JSON, Problem, Record, shown

from connector_agent.mapping import ABSENT, Path, format_path, read_path
from connector_agent.operations.groups import CommonFields, GroupKeys, Parts, RowKey

MAX_ROWS = 10_000
MAX_BYTES = 32 << 20
"""A larger group is a problem: no request takes that much, and it has to fit into memory."""


@dataclass(slots=True)
class _Open:
    """The group that rows are added to. `places` are those of its `rows`; `scattered`: it is a
    part of a group."""

    number: int
    key: RowKey
    first: str
    last: str
    common: CommonFields = field(default_factory=CommonFields)
    rows: list[bytes] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    size: int = 0
    count: int = 0
    scattered: bool = False
    problem: Problem | None = None


class Grouping:
    """Takes rows in order and returns a group once the next one starts. `keys` are those of the
    whole source; rows of a group must not contradict each other in the fields `reads`.

    `begins`: the last row started a group; `finished` counts the groups given, `scattered` those
    that were parts of one.
    """

    def __init__(
        self, by: tuple[Path, ...], into: str, keys: GroupKeys, reads: Iterable[Path] = ()
    ) -> None:
        self.begins = False
        self.finished = 0
        self.scattered = 0
        self._by = by
        self._into = into
        self._keys = keys
        self._reads = tuple(reads)
        self._open: _Open | None = None
        self._unread: Problem | None = None

    def add(self, row: Record) -> Record | None:
        """Takes one row; returns the previous group if it ends here. Raises SettingError where a
        group reappears that the first pass found whole."""
        key = RowKey.of(row, self._by)
        current = self._open
        if current is not None and key.belongs(current.key):
            self.begins = False
            self._join(current, row, key)
            self._unread = row.problem if key.unreadable else None
            return None
        given = self.end()
        self.begins = True
        self._open = self._begun(row, key)
        self._unread = row.problem if key.unreadable else None
        return given

    def end(self) -> Record | None:
        current, self._open = self._open, None
        if current is None:
            return None
        self.finished += 1
        self.scattered += current.scattered
        return self._record(current)

    def resume(self, finished: int) -> None:
        """Drops the open group and counts `finished` groups as given."""
        self.end()
        self.finished = finished

    def _begun(self, row: Record, key: RowKey) -> _Open:
        group = _Open(self.finished + 1, key, row.at, row.at)
        if key.digest is None and row.problem is None:
            group.problem = Problem(
                "no_group",
                f"The row has no {self._names()}, by which rows are put together.",
                "Fill it in.",
                path=format_path(self._by[0]),
                at=row.at,
            )
        elif key.digest is not None:
            parts = self._keys.begin(key.digest, row.at)
            if parts is not None:
                group.scattered = True
                group.problem = self._scattered(parts, key, row.at)
            elif self._unread is not None:
                group.problem = Problem(
                    "row_before_unreadable",
                    f"A row before it can't be read, and may belong to it: {self._unread.message}",
                    self._unread.remedy,
                    at=self._unread.at or row.at,
                )
        self._join(group, row, key)
        return group

    def _scattered(self, parts: Parts, key: RowKey, at: str) -> Problem:
        values = ", ".join(shown(each) for each in key.values)
        return Problem(
            "scattered_group",
            f"The rows with {self._names()} {values} aren't consecutive; they start at "
            f"{parts.text()}.",
            f"Sort the source by {self._names()} and run the operation again.",
            path=format_path(self._by[0]),
            value=values,
            at=at,
        )

    def _names(self) -> str:
        return " and ".join(map(format_path, self._by))

    def _join(self, group: _Open, row: Record, key: RowKey) -> None:
        value = key.row
        group.last = row.at
        group.count += 1
        group.size += len(row.raw)
        if group.problem is None and row.problem is not None:
            group.problem = row.problem._replace(at=row.problem.at or row.at)
        if isinstance(value, dict):
            group.common.add(value)
        if group.count > MAX_ROWS or group.size > MAX_BYTES:
            group.rows.clear()
            group.places.clear()
            if group.problem is None or group.problem.code != "group_too_large":
                group.problem = _too_large(row.at)
            return
        group.rows.append(row.raw)
        group.places.append(row.at)

    def _record(self, group: _Open) -> Record:
        problem = group.problem
        if problem is None:
            problem = group.common.problem(self._reads, group.rows, group.places)
        value: dict[str, object] = dict(group.common.value)
        if group.key.digest is not None:
            for path, part in zip(self._by, group.key.values, strict=True):
                if read_path(group.common.value, path) is ABSENT:
                    _put(value, path, part)
        value[self._into] = [orjson.Fragment(row) for row in group.rows]
        return Record(group.number, orjson.dumps(value), _span(group), problem)


def _put(record: dict[str, object], path: Path, value: JSON) -> None:
    for name in path[:-1]:
        there = record.get(str(name))
        below: dict[str, object] = dict(there) if isinstance(there, dict) else {}
        record[str(name)] = below
        record = below
    record[str(path[-1])] = value


def _span(group: _Open) -> str:
    """ "orders.csv row 17 to 19"."""
    head, _, number = group.last.rpartition(" ")
    if group.last == group.first:
        return group.first
    if head and group.first.startswith(f"{head} "):
        return f"{group.first} to {number}"
    return f"{group.first} to {group.last}"


def _too_large(at: str) -> Problem:
    return Problem(
        "group_too_large",
        f"The group has more than {MAX_ROWS:,} rows or {MAX_BYTES >> 20} MiB.",
        "Check that `by` names the right field; if it does, split the rows.",
        at=at,
    )
