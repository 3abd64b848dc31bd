"""What endpoints, activities and operations may be called."""

import unicodedata
from collections.abc import Iterable

from connector_sdk import did_you_mean


def canonical(name: str) -> str:
    """The form in which names are compared: file systems differ in how they store accents."""
    return unicodedata.normalize("NFC", name)


def name_fault(name: str) -> str:
    """Why a name can't be used, as the rest of a sentence; "" when it can.

    Names become parts of "endpoint/activity" and of "file:line", and words of a command line.
    """
    if not name.strip():
        return "it is empty"
    for sign in "/:\\":
        if sign in name:
            return f"it contains {sign!r}"
    if name[0] in ".-":
        return f"it starts with {name[0]!r}"
    if name != name.strip():
        return "it starts or ends with a space"
    if not name.isprintable():
        return "it contains a character that can't be seen"
    return ""


def nearest(name: str, known: Iterable[str]) -> str:
    """ "Did you mean 'acme'?", with case passed over; "" when nothing known is near."""
    names = {each.casefold(): each for each in known}
    same = names.get(name.casefold())
    if same is not None:
        return f"Did you mean {same!r}?"
    hint = did_you_mean(name, names)
    for folded, each in names.items():
        if hint == f"Did you mean {folded!r}?":
            return f"Did you mean {each!r}?"
    return hint
