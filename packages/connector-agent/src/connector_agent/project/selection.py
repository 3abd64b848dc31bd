"""What an operation takes of its source: `where:` chooses records, `group:` joins rows."""

from collections.abc import Mapping
from typing import NamedTuple

from connector_sdk import JSON, SettingError

from connector_agent.project.document import Document, Faults
from connector_agent.project.names import nearest
from connector_agent.project.variables import Variables, refused

_GROUP = ("by", "as")


class Group(NamedTuple):
    """Consecutive rows that have the same values at the paths `by` become one record;
    the rows are its list `into`."""

    by: tuple[str, ...]
    into: str


def read_where(faults: Faults, top: Mapping[str, JSON], variables: Variables) -> JSON:
    """What stands behind `where:`, with references to variables followed; None without it. A
    text is an expression, in which `$` means something else, and stays as it is."""
    where = top.get("where")
    if "where" not in top or isinstance(where, str):
        return where
    if not isinstance(where, (dict, list)):
        faults.add(
            "bad_where",
            "'where' has to be an expression, a test, or a list of tests.",
            "Write it as in `where: {from: status, not_equals: closed}`.",
            ("where",),
        )
        return None
    return _resolved(faults, faults.document, variables)


def read_group(faults: Faults, top: Mapping[str, JSON]) -> Group | None:
    """What stands behind `group:`, None without it."""
    if "group" not in top:
        return None
    before = len(faults.problems)
    entry = top["group"]
    if not isinstance(entry, dict):
        faults.add(
            "bad_group",
            "'group' has to say by which field rows are put together, and as what.",
            "Write it as in `group: {by: order_no, as: lines}`.",
            ("group",),
        )
        return None
    for key in entry:
        if key not in _GROUP:
            faults.add(
                "unknown_key",
                f"A group has no {key!r}.",
                nearest(key, _GROUP) or f"It has: {', '.join(_GROUP)}.",
                ("group", key),
            )
    value = entry.get("by", [])
    paths = value if isinstance(value, list) else [value]
    by = tuple(path for path in paths if isinstance(path, str) and path.strip())
    if not paths or len(set(by)) != len(paths):
        faults.add(
            "bad_group",
            "'by' has to name a field of the source, or a list of different fields.",
            "Write it as in `by: order_no`.",
            ("group", "by"),
        )
    into = faults.text(entry, ("group", "as"), example="lines")
    return Group(by, into) if len(faults.problems) == before else None


def _resolved(faults: Faults, document: Document, variables: Variables) -> JSON:
    try:
        return variables.resolve(document, ("where",), refused)
    except SettingError as error:
        faults.problems.extend(error.problems)
        return None
