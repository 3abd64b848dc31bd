"""Values of a record, which can be empty in three ways, and the identity made of some.

absent       nothing is said: the line writes nothing. `ABSENT`.
empty text   the text "". The target decides what it means.
clear        the field is to be unset at the target. None, as in JSON.
"""

from collections.abc import Sequence

import orjson
from connector_sdk import JSON
from connector_sdk.path import ABSENT, Absent, Path, Value, read_path

__all__ = ["ABSENT", "Absent", "Value", "is_blank"]


def is_blank(value: Value) -> bool:
    """Absent, null, or text with nothing but white space in it."""
    return value is ABSENT or value is None or (isinstance(value, str) and not value.strip())


_EXACT = 1 << 53
"""Up to here a float is one whole number and no other."""


def identity_of(record: JSON, paths: Sequence[Path]) -> str:
    """What makes this source record the same record again: its identity fields, as text.

    "" when any of them is absent or blank: a record without identity can't be recognised.
    A single field stands as it is; several are joined as a JSON list, so that ("a", "bc") and
    ("ab", "c") stay different. 17.0 is the 17 that it was before: a column of whole numbers
    becomes one of fractions as soon as one of its cells is empty (in Parquet, say).
    """
    parts: list[str] = []
    for path in paths:
        value = read_path(record, path)
        if isinstance(value, str):
            text = value.strip()
        elif isinstance(value, (int, float)):
            whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
            text = orjson.dumps(int(value) if whole else value).decode()
        else:
            return ""
        if not text:
            return ""
        parts.append(text)
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 else orjson.dumps(parts).decode()
