"""The three ways in which a value can be empty.

absent       nothing is said: the line writes nothing. `ABSENT`.
empty text   the text "". What it means is the target's matter.
clear        the field is to be unset at the target. None, as in JSON.
"""

from enum import Enum
from typing import Final, Literal, TypeAlias

from connector_sdk import JSON


class Absent(Enum):
    """The type of `ABSENT`, so that a type checker knows it."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT
Value: TypeAlias = JSON | Literal[Absent.ABSENT]


def is_blank(value: Value) -> bool:
    """Absent, null, or text with nothing but white space in it."""
    return value is ABSENT or value is None or (isinstance(value, str) and not value.strip())
