"""Which catalogue describes an API version, and since or until when something exists."""

from collections.abc import Iterable
from functools import cache

from connector_sdk.record import Problem

from stripe_connector.catalogue.schemas import archive


def shipped() -> tuple[str, ...]:
    """The API versions of which there is a catalogue, from the oldest to the newest."""
    return archive().versions


def closest(version: str) -> str:
    """The shipped version whose catalogue describes `version` best; "" means the newest.

    Itself where it is shipped, else the newest one that is not newer: Stripe's versions add
    from month to month, and take away twice a year, in the first version of a family, which is
    always shipped. The oldest one for what is older than all.
    """
    known = shipped()
    if not version or version in known:
        return version or known[-1]
    older = [each for each in known if each[:10] <= version[:10]]
    return older[-1] if older else known[0]


def note(version: str) -> str:
    """What a person should know about the catalogue that describes `version`; "" where it is
    its own, or where Stripe's versions between the two only add."""
    known = closest(version)
    if not version or known[:10] <= version[:10]:
        return ""
    return (
        f"The API version {version} is older than the oldest catalogue; objects, actions and "
        f"fields are those of {known}."
    )


@cache
def objects() -> tuple[str, ...]:
    """The ids of the objects of all shipped versions."""
    return tuple(dict.fromkeys(entry["object"] for entry in archive().spans("operations")))


def absent(version: str, object: str, action: str = "") -> Problem | None:
    """What to say of an object or an action that the catalogue of `version` (a shipped one)
    doesn't have, and others do; None where none of them has it, or this one does. Since and
    until are the first and the last of the shipped versions that have it."""
    spans = _spans(f"{object}.{action}" if action else object)
    if not spans or any(first <= _place(version) <= last for first, last in spans):
        return None
    what = f"{action} of {object}" if action else object
    later = [first for first, _ in spans if first > _place(version)]
    if later:
        since = shipped()[later[0]]
        return Problem(
            "newer_api_version",
            f"{what} exists since {since}; this connection goes by {version}.",
            f"Set `api_version: {since}` or a later one, or use what {version} has.",
            value=object,
        )
    until = shipped()[spans[-1][1]]
    return Problem(
        "older_api_version",
        f"{what} existed until {until}; this connection goes by {version}.",
        f"Use what Stripe has in its place, or set `api_version: {until}`.",
        value=object,
    )


@cache
def _spans(name: str) -> tuple[tuple[int, int], ...]:
    """The places of the first and last version of each stretch that has the object or API call."""
    found: list[tuple[int, int]] = []
    for entry in archive().spans("operations"):
        if name in (entry["id"], entry["object"]):
            first = _place(entry.get("since", shipped()[0]))
            last = _place(entry.get("until", shipped()[-1]))
            found.append((first, last))
    return tuple(_joined(sorted(found)))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for first, last in spans:
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(last, out[-1][1]))
        else:
            out.append((first, last))
    return out


def _place(version: str) -> int:
    return shipped().index(version)
