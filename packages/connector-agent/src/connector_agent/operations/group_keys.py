"""By which keys rows belong together, and which of these come back. Pure."""

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson
from connector_sdk import JSON, Problem, Record, SettingError

from connector_agent.mapping import ABSENT, Path, is_blank, read_path

_TOLD = 3


class RowKey(NamedTuple):
    """What a row is put together by: its `values`, and their `digest` (16 bytes), None where
    they can't be told. `row` is the row as an object, None where it is none; `unreadable` says
    that it may be a row of any group."""

    row: JSON
    values: list[JSON]
    digest: bytes | None
    unreadable: bool

    @classmethod
    def of(cls, row: Record, by: tuple[Path, ...]) -> "RowKey":
        """The key of `row` at the paths `by`."""
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
        """Whether the row is one of the open group, whose first row has the key `before`."""
        # A row that can't be read may be one of this group, and one of the next.
        return self.unreadable or (self.digest is not None and self.digest == before.digest)


@dataclass(slots=True)
class Parts:
    """A group whose rows stand apart: how many `more` parts it has than those whose first rows
    are at `places`."""

    places: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, at: str) -> None:
        """One more part begins at `at`."""
        if len(self.places) < _TOLD:
            self.places.append(at)
        else:
            self.more += 1

    def told(self) -> str:
        """ "rows.csv row 2, rows.csv row 4 and 3 more places"."""
        *first, last = self.places
        if self.more:
            places = "place" if self.more == 1 else "places"
            first, last = self.places, f"{self.more} more {places}"
        return f"{', '.join(first)} and {last}"


class GroupKeys:
    """The keys of all rows of a source, taken in a first pass (`add`), so that in the second
    (`begin`) it is known of each group whether all of its rows stand together. It holds some
    150 bytes for each key, whatever the rows are."""

    def __init__(self, by: tuple[Path, ...]) -> None:
        self._by = by
        self._open: RowKey | None = None
        self._begun: dict[bytes, bool] = {}
        self._scattered: dict[bytes, Parts] = {}

    def add(self, row: Record) -> None:
        """The next row of the first pass."""
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
        """Rows with this key begin at `at` in the second pass; comes back with all the parts
        where they stand apart, None where they don't. Raises SettingError where they come back
        without having done so in the first pass."""
        again = self._begun.get(digest, False)
        self._begun[digest] = True
        parts = self._scattered.get(digest)
        if parts is None and again:
            # No SourceChangedError: a run would read anew, and pass over the group as one
            # that it has.
            raise SettingError(
                Problem(
                    "group_came_back",
                    "Rows came back whose group was taken for whole: the source changed while it "
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
    """The row as an object, None where it is none."""
    try:
        value = orjson.loads(row.raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
