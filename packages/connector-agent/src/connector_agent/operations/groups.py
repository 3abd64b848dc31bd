"""The keys and the common fields of the rows of a group. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson
from connector_sdk import JSON, Problem, Record, SettingError, shown

from connector_agent.mapping import ABSENT, Path, format_path, is_blank, read_path

_SHOWN = 3


class CommonFields:
    """Merges rows: `value` has each field, at any depth, that is the same in all rows that fill
    it. Where two rows differ, the field is left out and counts as a contradiction."""

    def __init__(self) -> None:
        self.value: dict[str, JSON] = {}
        self._contradictions: dict[Path, None] = {}

    def add(self, row: dict[str, JSON]) -> None:
        self._merge(self.value, row, ())

    def problem(
        self, reads: Iterable[Path], rows: Sequence[bytes], places: Sequence[str]
    ) -> Problem | None:
        """A Problem with the contradictions in or below the fields `reads`, if any. `rows` are
        all rows added, `places` theirs."""
        if not self._contradictions:
            return None
        wanted = tuple(reads)
        found = [
            path for path in self._contradictions if any(_touches(path, each) for each in wanted)
        ]
        if not found:
            return None
        values = [orjson.loads(row) for row in rows]
        described = [_described(path, values, places) for path in found]
        return Problem(
            "group_contradiction",
            f"The rows of the group contradict each other in {'; in '.join(described)}.",
            "Correct the rows in the source and run the operation again. A field that may differ "
            "from row to row is mapped below `each:`, with the list of rows.",
            path=format_path(found[0]),
        )

    def _merge(self, into: dict[str, JSON], row: dict[str, JSON], above: Path) -> None:
        for name, part in row.items():
            if name not in into:
                if (*above, name) not in self._contradictions:
                    into[name] = part
                continue
            there = into[name]
            if _same(there, part) or is_blank(part):
                continue
            if is_blank(there):
                into[name] = part
            elif isinstance(there, dict) and isinstance(part, dict):
                into[name] = below = dict(there)
                self._merge(below, part, (*above, name))
            else:
                del into[name]
                self._contradictions[*above, name] = None


def _touches(path: Path, other: Path) -> bool:
    """Whether one path equals or leads into the other."""
    return all(left == right for left, right in zip(path, other, strict=False))


def _described(path: Path, rows: Sequence[JSON], places: Sequence[str]) -> str:
    """ "'currency': eur (rows.csv row 2) and usd (rows.csv row 3 and 4 more)"."""
    texts: list[str] = []
    for value, first, more in _different(path, rows, places):
        also = f" and {more} more" if more else ""
        texts.append(f"{shown(value)!r} ({first}{also})")
    left = len(texts) - _SHOWN
    if left > 0:
        texts[_SHOWN:] = [f"{left} more value" + ("" if left == 1 else "s")]
    return f"{format_path(path)!r}: {', '.join(texts[:-1])} and {texts[-1]}"


def _different(
    path: Path, rows: Sequence[JSON], places: Sequence[str]
) -> Iterator[tuple[JSON, str, int]]:
    """Each value at the path, the place of the first row with it, and how many more have it."""
    found: dict[bytes, tuple[JSON, list[str]]] = {}
    for row, place in zip(rows, places, strict=True):
        value = read_path(row, path)
        if not is_blank(value):
            plain: JSON = value  # type: ignore[assignment]
            key = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
            found.setdefault(key, (plain, []))[1].append(place)
    for value, where in found.values():
        yield value, where[0], len(where) - 1


def _same(left: JSON, right: JSON) -> bool:
    """Strict equality: 1 is neither true nor 1.0."""
    if type(left) is not type(right) or left != right:
        return False
    if isinstance(left, list) and isinstance(right, list):
        return all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return all(_same(part, right[name]) for name, part in left.items())
    return True


_PARTS_NAMED = 3


class RowKey(NamedTuple):
    """The `values` that group a row, and their `digest` (16 bytes; None where unknown). `row` is
    None where it is no object; an `unreadable` row may belong to any group."""

    row: JSON
    values: list[JSON]
    digest: bytes | None
    unreadable: bool

    @classmethod
    def of(cls, row: Record, by: tuple[Path, ...]) -> "RowKey":
        value = _object(row)
        values = [read_path(value, path) for path in by]
        known = value is not None and not all(map(is_blank, values))
        plain: list[JSON] = [None if each is ABSENT else each for each in values]
        digest = None
        if known:
            written = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
            digest = hashlib.blake2b(written, digest_size=16).digest()
        return cls(value, plain, digest, row.problem is not None and not known)

    def belongs(self, before: "RowKey") -> bool:
        """Whether the row continues the open group, whose first row has the key `before`."""
        # A row that can't be read may be one of this group, and one of the next.
        return self.unreadable or (self.digest is not None and self.digest == before.digest)


@dataclass(slots=True)
class Parts:
    """The `places` of the first parts of a scattered group; `more` counts the others."""

    places: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, at: str) -> None:
        if len(self.places) < _PARTS_NAMED:
            self.places.append(at)
        else:
            self.more += 1

    def text(self) -> str:
        """ "rows.csv row 2, rows.csv row 4 and 3 more places"."""
        *first, last = self.places
        if self.more:
            places = "place" if self.more == 1 else "places"
            first, last = self.places, f"{self.more} more {places}"
        return f"{', '.join(first)} and {last}"


class GroupKeys:
    """The keys of all rows, collected in a first pass (`add`), so that the second (`begin`)
    knows which groups are scattered. Takes about 150 bytes a key."""

    def __init__(self, by: tuple[Path, ...]) -> None:
        self._by = by
        self._open: RowKey | None = None
        self._begun: dict[bytes, bool] = {}
        self._scattered: dict[bytes, Parts] = {}

    def add(self, row: Record) -> None:
        key = RowKey.of(row, self._by)
        if self._open is not None and key.belongs(self._open):
            return
        self._open = key._replace(row=None)
        if key.digest is None:
            return
        if key.digest in self._begun:
            self._scattered.setdefault(key.digest, Parts()).add(row.at)
        self._begun[key.digest] = False

    def begin(self, digest: bytes, at: str) -> Parts | None:
        """In the second pass, rows with this key start at `at`. Returns all parts of a scattered
        group, None for a whole one. Raises SettingError where a group reappears that the first
        pass found whole."""
        again = self._begun.get(digest, False)
        self._begun[digest] = True
        parts = self._scattered.get(digest)
        if parts is None and again:
            # No SourceChangedError: a run would start over and skip the group as one
            # that it has.
            raise SettingError(
                Problem(
                    "group_came_back",
                    "More rows of a group came after it was complete: the source changed while it "
                    "was read, or gives its rows in another order each time.",
                    "See that nothing changes the source during a run and that it has an order; "
                    "put right what was made of the group.",
                    at=at,
                )
            )
        if parts is not None and not again:
            parts.places.insert(0, at)
        return parts


def _object(row: Record) -> JSON:
    """The row as an object; None where it isn't one."""
    try:
        value = orjson.loads(row.raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
