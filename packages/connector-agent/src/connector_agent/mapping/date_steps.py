"""Steps that turn a date or a time into Unix time, or into text as ISO 8601 has it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from connector_sdk import JSON, Field, did_you_mean, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_KNOWN = frozenset("YymbBdjHIpMSfz%")
_LONGEST = 100


def _date_to_unix(arguments: Arguments, around: Surroundings) -> Run:
    zone = _zone(arguments["zone"]) if "zone" in arguments else None
    fold = arguments.get("fold", "")
    read = _reader(arguments.get("format", ""))

    def run(value: Any, record: dict[str, JSON]) -> int:
        local = read(value)
        if local.utcoffset() is not None:
            return (local - _EPOCH) // _SECOND
        if zone is None:
            raise StepFaultError(
                "no_zone",
                f"{shown(value)!r} doesn't say in which time zone it is.",
                "State the zone, as in `date_to_unix: {zone: Europe/London}`.",
            )
        return _in_zone(local, zone, fold, value)

    return run


def _date_to_iso(arguments: Arguments, around: Surroundings) -> Run:
    zone = _zone(arguments["zone"]) if "zone" in arguments else None
    with_time = arguments.get("time", False)
    read = _reader(arguments.get("format", ""))

    def run(value: Any, record: dict[str, JSON]) -> str:
        moment = _moment(value) if type(value) is int else read(value)
        if moment.utcoffset() is not None and zone is not None:
            try:
                moment = moment.astimezone(zone)
            except OverflowError:
                raise _not_a_date(value, "") from None
        if not with_time:
            return moment.date().isoformat()
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

    return run


def _moment(seconds: int) -> datetime:
    try:
        return _EPOCH + _SECOND * seconds
    except OverflowError:
        raise _not_a_date(seconds, "") from None


def _reader(form: str) -> Callable[[Any], datetime]:
    """Reads dates as `form` says. Raises StepFaultError, and so does the function."""
    parse = _parser(form)

    def read(value: Any) -> datetime:
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            raise _not_a_date(value, form)
        try:
            return parse(value.strip())
        except ValueError:
            raise _not_a_date(value, form) from None

    return read


def _in_zone(local: datetime, zone: ZoneInfo, fold: str, value: str) -> int:
    """The second at which clocks in `zone` showed `local`. When clocks are put back there are
    two; when they are put forward there is none, and the rules before and after the change
    give two as well (PEP 495)."""
    first, second = (
        (local.replace(tzinfo=UTC) - _EPOCH - offset) // _SECOND
        for part in (0, 1)
        if (offset := local.replace(tzinfo=zone, fold=part).utcoffset()) is not None
    )
    if first == second:
        return first
    if fold:
        return min(first, second) if fold == "earlier" else max(first, second)
    happened = "came twice" if first < second else "never came"
    raise StepFaultError(
        "clock_change",
        f"{shown(value)!r} {happened} in {zone.key}, where clocks were changed.",
        "Give the value an offset, or state `fold: earlier` or `fold: later`.",
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        names = {each.lower(): each for each in available_timezones()}
        hint = did_you_mean(name, names)
        for lower, each in names.items():
            hint = hint.replace(repr(lower), repr(each))
        raise StepFaultError(
            "unknown_zone",
            f"There is no time zone {shown(name)!r}.",
            hint or "Write a name such as Europe/London, or UTC.",
        ) from None


def _parser(form: str) -> Callable[[str], datetime]:
    if not form:
        return datetime.fromisoformat
    used = _DIRECTIVE.findall(form)
    unknown = [letter for letter in used if letter not in _KNOWN or not letter]
    day = {"j"} <= set(used) or ({"d"} <= set(used) and {"m", "b", "B"} & set(used))
    whole = not unknown and day and {"Y", "y"} & set(used)
    if not whole or not _reads_itself(form):
        raise StepFaultError(
            "bad_format",
            f"{shown(form)!r} is no format of a date with day, month and year"
            + (f"; there is no %{unknown[0]}" if unknown else "")
            + ".",
            "Use %d %m %Y, %b or %B for a month's name, %H:%M:%S, %I and %p, %z.",
        )
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007


def _reads_itself(form: str) -> bool:
    """Whether a date written in this format can be read again."""
    moment = datetime(2026, 10, 31, 23, 59, 58, tzinfo=UTC)
    try:
        datetime.strptime(moment.strftime(form), form)  # noqa: DTZ007
    except (ValueError, re.error):
        return False
    return True


def _not_a_date(value: object, form: str) -> StepFaultError:
    if isinstance(value, str) and not value.strip():
        return StepFaultError(
            "blank_date",
            "The value is blank, not a date.",
            "Put `skip_when_blank` or `default` before this step.",
        )
    wanted = f"in the form {form}" if form else "as ISO 8601 writes it (2026-01-31T09:30:00)"
    return StepFaultError(
        "not_a_date",
        f"{shown(value)!r} is not a date {wanted}.",
        'Correct the value, or state the format, as in `format: "%d/%m/%Y"`.',
    )


_FORMAT = Field(
    "format",
    "string",
    description="How the value is written, as in %d/%m/%Y %H:%M; ISO 8601 if nothing is said.",
)
_LONDON: dict[str, JSON] = {"zone": "Europe/London"}

DATE_STEPS = (
    Step(
        "date_to_unix",
        "Date to Unix time",
        "Makes the whole seconds since 1970 (UTC) of a date, or of a date and a time. A date "
        "alone is its first moment. Fractions of a second are dropped. A value with an offset "
        "of its own keeps it; all others are in the stated zone.",
        "text",
        "integer",
        _date_to_unix,
        arguments=(
            Field("zone", "string", description="The time zone of values without an offset."),
            _FORMAT,
            Field(
                "fold",
                "string",
                choices=("earlier", "later"),
                description="Which moment is meant where clocks were changed and a local time "
                "came twice or never; if nothing is said, that is a problem.",
            ),
        ),
        examples=(
            StepExample("1970-01-02", {"zone": "UTC"}, 86400),
            StepExample("2026-07-01T12:00:00", _LONDON, 1782903600),
            StepExample("2026-07-01T12:00:00+02:00", {}, 1782900000),
            StepExample("2026-07-01T12:00:00.9Z", {}, 1782907200),
            StepExample("31/12/2025", {**_LONDON, "format": "%d/%m/%Y"}, 1767139200),
            StepExample("2026-10-25T01:30:00", _LONDON, fault="clock_change"),
            StepExample("2026-10-25T01:30:00", {**_LONDON, "fold": "earlier"}, 1792888200),
            StepExample("2026-10-25T01:30:00", {**_LONDON, "fold": "later"}, 1792891800),
            StepExample("2026-03-29T01:30:00", _LONDON, fault="clock_change"),
            StepExample("2026-07-01", {}, fault="no_zone"),
            StepExample("01/07/2026", _LONDON, fault="not_a_date"),
            StepExample("", _LONDON, fault="blank_date"),
            StepExample("x", {"zone": "Europe/Londn"}, fault="unknown_zone"),
            StepExample("x", {"zone": "UTC", "format": "%d/%m"}, fault="bad_format"),
        ),
    ),
    Step(
        "date_to_iso",
        "Date to ISO 8601",
        "Writes a date as 2026-01-31, and with `time` also the time of day. A whole number is "
        "Unix time, in seconds.",
        "any",
        "text",
        _date_to_iso,
        arguments=(
            Field(
                "zone",
                "string",
                description="The time zone to tell the date in; that of the value if nothing is "
                "said, and UTC for Unix time.",
            ),
            _FORMAT,
            Field("time", "boolean", description="Whether to write the time of day, too."),
        ),
        examples=(
            StepExample("31/01/2026", {"format": "%d/%m/%Y"}, "2026-01-31"),
            StepExample("2026-01-31T09:30:00", {"time": True}, "2026-01-31T09:30:00"),
            StepExample(1782903600, {"time": True}, "2026-07-01T11:00:00Z"),
            StepExample(1782863999, {"zone": "Asia/Tokyo"}, "2026-07-01"),
            StepExample(10**18, {}, fault="not_a_date"),
            StepExample("soon", {}, fault="not_a_date"),
        ),
    ),
)
