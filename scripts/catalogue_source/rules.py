"""The rules by which formats, lengths and deprecation are read from names and texts."""

import re

from scripts.catalogue_source.facts import Facts, Rule, Seen

_UNIX_TIME = re.compile(r"\bunix\b|\btimestamp\b|\bepoch\b", re.IGNORECASE)
_MOMENT = re.compile(r"(_at|_date)$|^(created|(current_)?period_(start|end)|trial_(start|end))$")
_V2_MOMENT = re.compile(r"(_at|_date)$|^(created|updated|expires|timestamp)$")
_BOUNDS = {"gt", "gte", "lt", "lte"}
_RFC_3339 = re.compile(r"\bRFC ?3339\b", re.IGNORECASE)
_DAY = re.compile(r"\bYYYY-MM-DD\b")
_MINOR = re.compile(
    r"smallest (currency )?unit|\bin cents\b|in __cents__|\bminor[ -]units?\b|local equivalent",
    re.I,
)
_AMOUNT = re.compile(r"(^|_)amounts?(_|$)")
_CURRENCY = re.compile(r"(^|_)currency$")
_COUNTRY = re.compile(r"(^|_)(country|countries)$")
_FREE_TEXT = re.compile(r"freeform", re.IGNORECASE)
_EMAIL = re.compile(r"(^|_)email(_address)?$")
_URL = re.compile(r"(^|_)(url|uri)s?$")
_DECIMAL = re.compile(r"decimal string", re.IGNORECASE)
_LENGTHS = (
    r"(?:may be|can be) up to \*?(\d[\d,]*)\*? (?:\w+ )?characters",
    r"\bup to \*?(\d[\d,]*)\*? (?:\w+ )?characters",
    r"[Mm]aximum length (?:of this field )?is (\d[\d,]*) (?:\w+ )?characters",
    r"\bMax(?:imum)? (?:length[,:] )?(\d[\d,]*) characters",
    r"\bmust be at most (\d[\d,]*) characters long",
    r"\bAt most (\d[\d,]*) (?:\w+ )?characters long",
    r"\blimit(?:ed)? (?:the identifier )?to (\d[\d,]*) (?:\w+ )?characters",
)
_LENGTH = re.compile("|".join(_LENGTHS), re.IGNORECASE)
_CHARACTERS = re.compile(r"\d[\d,]*\*? (?:\w+ )?characters", re.IGNORECASE)
_COUNT = re.compile(
    r"\b(?:up to|maximum of) (?:a maximum of )?(\d+|one)\b"
    r"(?! ?\S*(?:characters|days|months|years))",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\bmax|\bup to\b|increased limit", re.IGNORECASE)
_DEPRECATED = (
    r"\[Deprecated\][^.]*\.?",
    r"(?:^|(?<=[.!] ))(?:This|The) (?:`?\w+`? )?(?:field|parameter|property) is deprecated\b"
    r"[^.]*\.",
    r"(?:^|(?<=[.!] ))Deprecated\b[^.]*\.",
)
_DEPRECATION = re.compile("|".join(_DEPRECATED), re.IGNORECASE)


def _is_moment(seen: Seen) -> bool:
    asked = seen.above[-1] if seen.name in _BOUNDS and seen.above else seen.name
    return _MOMENT.search(asked) is not None


def unix_time_by_name(seen: Seen) -> Facts | None:
    if seen.whole_number and _is_moment(seen) and "millisecond" not in seen.text:
        return {"format": "unix-time"}
    return None


def unix_time_by_text(seen: Seen) -> Facts | None:
    if seen.whole_number and _UNIX_TIME.search(seen.text) and "millisecond" not in seen.text:
        return {"format": "unix-time"}
    return None


def date_time_by_text(seen: Seen) -> Facts | None:
    return {"format": "date-time"} if seen.plain_text and _RFC_3339.search(seen.text) else None


def date_time_by_name(seen: Seen) -> Facts | None:
    """API v2 has no numbers of seconds: what is a moment there is RFC 3339."""
    asked = seen.above[-1] if seen.name in _BOUNDS and seen.above else seen.name
    moment = _V2_MOMENT.search(asked) and not _DAY.search(seen.text)
    return {"format": "date-time"} if seen.v2 and seen.plain_text and moment else None


def day_by_text(seen: Seen) -> Facts | None:
    return {"format": "date"} if seen.plain_text and _DAY.search(seen.text) else None


def minor_units_by_text(seen: Seen) -> Facts | None:
    return {"format": "minor-units"} if seen.whole_number and _MINOR.search(seen.text) else None


def minor_units_by_name(seen: Seen) -> Facts | None:
    return {"format": "minor-units"} if seen.whole_number and _AMOUNT.search(seen.name) else None


def minor_units_beside_a_currency(seen: Seen) -> Facts | None:
    """`{"value": 100, "currency": "usd"}`."""
    pair = seen.name == "value" and "currency" in seen.beside
    return {"format": "minor-units"} if seen.whole_number and pair else None


def currency_by_name(seen: Seen) -> Facts | None:
    return {"format": "currency"} if seen.plain_text and _CURRENCY.search(seen.name) else None


def country_by_name(seen: Seen) -> Facts | None:
    named = _COUNTRY.search(seen.name) and not _FREE_TEXT.search(seen.text)
    return {"format": "country"} if seen.plain_text and named else None


def email_by_name(seen: Seen) -> Facts | None:
    return {"format": "email"} if seen.plain_text and _EMAIL.search(seen.name) else None


def url_by_name(seen: Seen) -> Facts | None:
    """Not the `url` of an embedded list, which is a path."""
    of_list = seen.name == "url" and "has_more" in seen.beside
    named = _URL.search(seen.name) and not of_list
    return {"format": "url"} if seen.plain_text and named else None


def decimal_by_text(seen: Seen) -> Facts | None:
    named = _DECIMAL.search(seen.text) or seen.name.endswith("_decimal")
    return {"format": "decimal"} if seen.plain_text and named else None


def length_by_text(seen: Seen) -> Facts | None:
    """Only where the text names one length: "10 for ach, 140 for wire" is not one."""
    found = _LENGTH.search(seen.text)
    if seen.node["type"] != "string" or not found or len(_CHARACTERS.findall(seen.text)) != 1:
        return None
    return {"max_length": int(next(each for each in found.groups() if each).replace(",", ""))}


def count_by_text(seen: Seen) -> Facts | None:
    """Only where the text names one number of elements, and only for what is sent."""
    found = _COUNT.search(seen.text)
    if seen.side != "request" or seen.node["type"] != "list" or not found:
        return None
    rest = seen.text[: found.start()] + seen.text[found.end() :]
    if _SEVERAL.search(rest):
        return None
    return {"max_items": 1 if found.group(1).lower() == "one" else int(found.group(1))}


def metadata_limits(seen: Seen) -> Facts | None:
    """https://docs.stripe.com/metadata: 50 keys of up to 40 characters, values of up to 500."""
    if seen.side == "request" and seen.name == "metadata" and seen.node["type"] == "map":
        return {"max_items": 50, "max_length": 40}
    if seen.side == "request" and seen.name == "metadata" and seen.path.endswith(".*"):
        return {"max_length": 500}
    return None


def deprecated_by_text(seen: Seen) -> Facts | None:
    found = _DEPRECATION.search(seen.text)
    own = seen.text == seen.node.get("description")
    return {"deprecated": " ".join(found.group().split())} if found and own else None


def open_answers(seen: Seen) -> Facts | None:
    """Stripe adds values to what it answers without a new version. The name of an object and
    the marker of a deleted one stay what they are."""
    closed = seen.name == "object" or seen.node["type"] == "boolean"
    choices = "choices" in seen.node and not closed
    return {"open": True} if seen.side == "response" and choices else None


RULES = (
    Rule("unix-time by name", unix_time_by_name),
    Rule("unix-time by text", unix_time_by_text),
    Rule("date-time by text", date_time_by_text),
    Rule("date-time by name", date_time_by_name),
    Rule("date by text", day_by_text),
    Rule("minor-units by text", minor_units_by_text),
    Rule("minor-units by name", minor_units_by_name),
    Rule("minor-units beside a currency", minor_units_beside_a_currency),
    Rule("currency by name", currency_by_name),
    Rule("country by name", country_by_name),
    Rule("email by name", email_by_name),
    Rule("url by name", url_by_name),
    Rule("decimal by text", decimal_by_text),
    Rule("length by text", length_by_text),
    Rule("count by text", count_by_text),
    Rule("metadata", metadata_limits),
    Rule("deprecated by text", deprecated_by_text),
    Rule("open answers", open_answers),
)
