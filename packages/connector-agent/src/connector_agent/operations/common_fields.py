"""What the rows of a group have in common, and where they contradict each other. Pure."""

from collections.abc import Iterable, Iterator, Sequence

import orjson
from connector_sdk import JSON, Problem, shown

from connector_agent.mapping import Path, format_path, is_blank, read_path

_TOLD = 3


class CommonFields:
    """The fields of rows, put together: `value` has each field that is the same in all rows
    that fill it, at any depth of objects. Two that fill it differently contradict each other;
    the field is in neither."""

    def __init__(self) -> None:
        self.value: dict[str, JSON] = {}
        self._contradictions: dict[Path, None] = {}

    def add(self, row: dict[str, JSON]) -> None:
        """The next row."""
        self._merge(self.value, row, ())

    def problem(
        self, reads: Iterable[Path], rows: Sequence[bytes], places: Sequence[str]
    ) -> Problem | None:
        """The contradictions in or below the fields `reads`, None without any. `rows` are
        all that were added, and `places` theirs."""
        if not self._contradictions:
            return None
        wanted = tuple(reads)
        found = [
            path for path in self._contradictions if any(_touches(path, each) for each in wanted)
        ]
        if not found:
            return None
        values = [orjson.loads(row) for row in rows]
        told = [_told(path, values, places) for path in found]
        return Problem(
            "group_contradiction",
            f"The rows of the group contradict each other in {'; in '.join(told)}.",
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
    """Whether one of the two is the other or leads into it."""
    return all(left == right for left, right in zip(path, other, strict=False))


def _told(path: Path, rows: Sequence[JSON], places: Sequence[str]) -> str:
    """ "'currency': eur (rows.csv row 2) and usd (rows.csv row 3 and 4 more)"."""
    texts: list[str] = []
    for value, first, more in _different(path, rows, places):
        also = f" and {more} more" if more else ""
        texts.append(f"{shown(value)!r} ({first}{also})")
    left = len(texts) - _TOLD
    if left > 0:
        texts[_TOLD:] = [f"{left} more value" + ("" if left == 1 else "s")]
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
    """Whether both are written the same: 1 is neither true nor 1.0."""
    if type(left) is not type(right) or left != right:
        return False
    if isinstance(left, list) and isinstance(right, list):
        return all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return all(_same(part, right[name]) for name, part in left.items())
    return True
