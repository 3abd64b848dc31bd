"""The three ways in which a value can be empty.

absent       nothing is said: the line writes nothing. `ABSENT`.
empty text   the text "". What it means is the target's matter.
clear        the field is to be unset at the target. None, as in JSON.
"""

from connector_sdk.path import ABSENT, Absent, Value

__all__ = ["ABSENT", "Absent", "Value", "is_blank"]


def is_blank(value: Value) -> bool:
    """Absent, null, or text with nothing but white space in it."""
    return value is ABSENT or value is None or (isinstance(value, str) and not value.strip())
