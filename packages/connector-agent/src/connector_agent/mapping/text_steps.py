"""Steps on the letters of a text."""

import re
import unicodedata
from collections.abc import Callable

from connector_sdk import JSON, Field, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.number_text import plain_number

_WIDEST = 10_000
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_WITHOUT_ACCENTS = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th",
        "ħ": "h", "Ħ": "H", "ı": "i",
    }
)  # fmt: skip


def text_of(value: JSON) -> str:
    """The value, which has to be text, or a number (Excel and JSON have them), which is written
    plainly. Raises StepFaultError."""
    if isinstance(value, str):
        return str(value)
    if not isinstance(value, bool) and isinstance(value, (int, float)):
        return plain_number(value)
    raise StepFaultError(
        "not_text", f"{shown(value)!r} is not text.", "Take the step out, or map another field."
    )


def _on_text(change: Callable[[str], str]) -> Callable[..., Run]:
    def build(arguments: Arguments, around: Surroundings) -> Run:
        return lambda value, record: change(value if type(value) is str else text_of(value))

    return build


def _replace(arguments: Arguments, around: Surroundings) -> Run:
    old, new = arguments["old"], arguments["new"]
    if not old:
        raise StepFaultError("bad_argument", "'old' is empty.", "Say which text to replace.")
    return lambda value, record: text_of(value).replace(old, new)


def _title(text: str) -> str:
    """Each word with a capital; behind an apostrophe only where one letter stands before it,
    so that it is O'Neil and D'Arcy, but Don't."""
    return _WORD.sub(_capital, text)


def _capital(word: re.Match[str]) -> str:
    return word[0].title() if word[0][1:2] in ("'", "’") else word[0].capitalize()


def strip_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.translate(_WITHOUT_ACCENTS))
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return unicodedata.normalize("NFC", plain)


def _pad(arguments: Arguments, around: Surroundings) -> Run:
    width = _size(arguments, "width")
    sign = arguments.get("with", "0")
    if len(sign) != 1:
        raise StepFaultError(
            "bad_argument", f"'with' is {sign!r}.", "Give it one character, such as a zero."
        )
    if arguments.get("side", "start") == "start":
        return lambda value, record: text_of(value).rjust(width, sign)
    return lambda value, record: text_of(value).ljust(width, sign)


def _truncate(arguments: Arguments, around: Surroundings) -> Run:
    length = _size(arguments, "length")
    return lambda value, record: text_of(value)[:length].rstrip()


def _size(arguments: Arguments, name: str) -> int:
    size: int = arguments[name]
    if not 1 <= size <= _WIDEST:
        raise StepFaultError(
            "bad_argument", f"{name!r} is {size}.", f"Give it a number from 1 to {_WIDEST}."
        )
    return size


TEXT_STEPS = (
    Step(
        "trim",
        "Trim",
        "Takes white space off both ends.",
        "text",
        "text",
        _on_text(str.strip),
        examples=(
            StepExample("  Ann ", {}, "Ann"),
            StepExample("", {}, ""),
            StepExample(None, {}, None),
            StepExample(5, {}, "5"),
            StepExample(True, {}, fault="not_text"),
        ),
    ),
    Step(
        "lower",
        "Lower case",
        "Makes every letter a small one.",
        "text",
        "text",
        _on_text(str.lower),
        examples=(StepExample("Ann@Example.ORG", {}, "ann@example.org"),),
    ),
    Step(
        "upper",
        "Upper case",
        "Makes every letter a capital.",
        "text",
        "text",
        _on_text(str.upper),
        examples=(StepExample("gb", {}, "GB"),),
    ),
    Step(
        "replace",
        "Replace",
        "Puts one text in place of another, each time that it occurs.",
        "text",
        "text",
        _replace,
        arguments=(
            Field("old", "string", required=True, description="The text to look for, as it is."),
            Field("new", "string", required=True, description="The text to put there."),
        ),
        examples=(
            StepExample("020 7946 0000", {"old": " ", "new": ""}, "02079460000"),
            StepExample("a.b", {"old": ".", "new": "-"}, "a-b"),
            StepExample("a", {"old": "", "new": "-"}, fault="bad_argument"),
        ),
    ),
    Step(
        "title",
        "Title case",
        "Makes the first letter of each word a capital and the others small ones. A name such "
        "as McDonald loses its second capital.",
        "text",
        "text",
        _on_text(_title),
        examples=(
            StepExample("ANN-MARIE o'neil", {}, "Ann-Marie O'Neil"),
            StepExample("don't stop", {}, "Don't Stop"),
            StepExample("élodie ÅBERG", {}, "Élodie Åberg"),
        ),
    ),
    Step(
        "strip_accents",
        "Strip accents",
        "Puts plain letters in place of accented ones, and ss, ae, oe in place of ß, æ, œ.",
        "text",
        "text",
        _on_text(strip_accents),
        examples=(
            StepExample("José Łukasz Ångström", {}, "Jose Lukasz Angstrom"),
            StepExample("Straße", {}, "Strasse"),
            StepExample("東京", {}, "東京"),
        ),
    ),
    Step(
        "pad",
        "Pad",
        "Fills a text up to a width; a longer one stays as it is.",
        "text",
        "text",
        _pad,
        arguments=(
            Field("width", "integer", required=True, description="The number of characters."),
            Field("with", "string", description="What to fill up with; 0 if nothing is said."),
            Field(
                "side",
                "string",
                choices=("start", "end"),
                description="Where to fill up; at the start if nothing is said.",
            ),
        ),
        examples=(
            StepExample("42", {"width": 5}, "00042"),
            StepExample("ab", {"width": 4, "with": ".", "side": "end"}, "ab.."),
            StepExample("123456", {"width": 5}, "123456"),
            StepExample(1069, {"width": 5}, "01069"),
            StepExample("1", {"width": 0}, fault="bad_argument"),
            StepExample("1", {"width": 3, "with": "ab"}, fault="bad_argument"),
        ),
    ),
    Step(
        "truncate",
        "Truncate",
        "Cuts a text off behind so many characters, and white space before the cut.",
        "text",
        "text",
        _truncate,
        arguments=(
            Field("length", "integer", required=True, description="The most characters to keep."),
        ),
        short="length",
        examples=(
            StepExample("Golden Gate", {"length": 7}, "Golden"),
            StepExample("short", {"length": 22}, "short"),
            StepExample("x", {"length": 0}, fault="bad_argument"),
        ),
    ),
)
