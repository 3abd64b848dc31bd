"""Rows on their way into groups. Pure; `grouped.py` feeds it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from connector_sdk import JSON, Problem, Record, shown

from connector_agent.mapping import ABSENT, Path, format_path, is_blank, read_path
from connector_agent.mapping.state import Value

MAX_ROWS = 10_000
MAX_BYTES = 32 << 20
"""A larger group is a problem: no request takes that much, and it has to fit into memory."""


@dataclass(slots=True)
class _Open:
    """The group that rows are added to. `key` is None where it can't be told. `common` are
    the fields that all rows so far have with the same value."""

    number: int
    key: bytes | None
    values: list[JSON]
    common: dict[str, JSON]
    first: str
    last: str
    rows: list[bytes] = field(default_factory=list)
    size: int = 0
    count: int = 0
    problem: Problem | None = None


class Grouping:
    """Takes rows in their order and gives a group as soon as the next one begins.

    `begins` says whether the last row was the first of a group, `finished` how many groups
    were given.
    """

    def __init__(self, by: tuple[Path, ...], into: str) -> None:
        self.begins = False
        self.finished = 0
        self._by = by
        self._into = into
        self._open: _Open | None = None
        self._seen: set[int] = set()
        self._unread: Problem | None = None

    def add(self, row: Record) -> Record | None:
        """Takes one row; gives the group before it, if that ends here."""
        value = _object(row)
        values = [read_path(value, path) for path in self._by]
        known = value is not None and not all(map(is_blank, values))
        key = orjson.dumps(_plain(values), option=orjson.OPT_SORT_KEYS) if known else None
        current = self._open
        unreadable = row.problem is not None and not known
        if current is not None and (unreadable or (key is not None and key == current.key)):
            # A row that can't be read may be one of this group, and one of the next.
            self.begins = False
            self._join(current, row, value)
            self._unread = row.problem if unreadable else None
            return None
        given = self.end()
        self.begins = True
        self._open = self._begun(row, key, values, value)
        self._unread = row.problem if unreadable else None
        return given

    def end(self) -> Record | None:
        """The last group, if there is one."""
        current, self._open = self._open, None
        if current is None:
            return None
        self.finished += 1
        return self._record(current)

    def go_on(self, finished: int) -> None:
        """Leaves the group that is open, as one that was given before; so many were."""
        self._open = None
        self.finished = finished

    def _begun(self, row: Record, key: bytes | None, values: Sequence[Value], value: JSON) -> _Open:
        plain = _plain(values)
        group = _Open(self.finished + 1, key, plain, {}, row.at, row.at)
        names = " and ".join(map(format_path, self._by))
        if key is None and row.problem is None:
            group.problem = Problem(
                "no_group",
                f"The row has no {names}, by which rows are put together.",
                "Fill it in.",
                path=format_path(self._by[0]),
                at=row.at,
            )
        elif key is not None:
            if hash(key) in self._seen:
                told = ", ".join(shown(each) for each in plain)
                group.problem = Problem(
                    "scattered_group",
                    f"The rows with {names} {told} don't stand together: others are between.",
                    f"Sort the source by {names}. The rows before were taken for all of them: put "
                    "right what was made of those.",
                    path=format_path(self._by[0]),
                    value=told,
                    at=row.at,
                )
            elif self._unread is not None:
                group.problem = Problem(
                    "row_before_unreadable",
                    f"A row before it can't be read, and may belong to it: {self._unread.message}",
                    self._unread.remedy,
                    at=self._unread.at or row.at,
                )
            self._seen.add(hash(key))
        self._join(group, row, value)
        return group

    def _join(self, group: _Open, row: Record, value: JSON) -> None:
        group.last = row.at
        group.count += 1
        group.size += len(row.raw)
        if group.problem is None and row.problem is not None:
            group.problem = row.problem._replace(at=row.problem.at or row.at)
        if isinstance(value, dict):
            if group.count == 1:
                group.common = value
            group.common = {
                name: part
                for name, part in group.common.items()
                if _same(part, value.get(name, ABSENT))
            }
        if group.count > MAX_ROWS or group.size > MAX_BYTES:
            group.rows.clear()
            if group.problem is None or group.problem.code != "group_too_large":
                group.problem = _too_large(row.at)
            return
        group.rows.append(row.raw)

    def _record(self, group: _Open) -> Record:
        value: dict[str, object] = dict(group.common)
        if group.key is not None:
            for path, part in zip(self._by, group.values, strict=True):
                if read_path(group.common, path) is ABSENT:
                    _put(value, path, part)
        value[self._into] = [orjson.Fragment(row) for row in group.rows]
        return Record(group.number, orjson.dumps(value), _span(group), group.problem)


def _object(row: Record) -> JSON:
    """The row as an object, None where it is none."""
    try:
        value = orjson.loads(row.raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _plain(values: Sequence[Value]) -> list[JSON]:
    return [None if value is ABSENT else value for value in values]


def _same(left: object, right: object) -> bool:
    """Whether both are written the same: 1 is neither true nor 1.0."""
    return left == right and type(left) is type(right)


def _put(record: dict[str, object], path: Path, value: JSON) -> None:
    for name in path[:-1]:
        there = record.get(str(name))
        below: dict[str, object] = dict(there) if isinstance(there, dict) else {}
        record[str(name)] = below
        record = below
    record[str(path[-1])] = value


def _span(group: _Open) -> str:
    """ "invoices.csv row 17 to 19"."""
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
        "Look whether `by` names the right field; split the rows where it does.",
        at=at,
    )
