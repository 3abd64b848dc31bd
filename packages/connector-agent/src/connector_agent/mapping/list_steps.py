"""Steps that make lists of text, and text of lists and of several fields."""

from typing import Any

from connector_sdk import JSON, Field, shown
from connector_sdk.path import parse_path, read_path

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.number_text import numbers_in, plain_number, with_numbers
from connector_agent.mapping.text_steps import text_of
from connector_agent.mapping.value import ABSENT, Value, is_blank


def _split(arguments: Arguments, around: Surroundings) -> Run:
    sign: str = arguments["by"]
    if not sign:
        raise StepFaultError("bad_argument", "'by' is empty.", "Say at which text to split.")

    def run(value: Any, record: dict[str, JSON]) -> list[JSON]:
        parts = (part.strip() for part in text_of(value).split(sign))
        return [part for part in parts if part]

    return run


def _join(arguments: Arguments, around: Surroundings) -> Run:
    between: str = arguments.get("between", ", ")
    return lambda value, record: between.join(
        written(part) for part in list_of(value) if not is_blank(part)
    )


def _first(arguments: Arguments, around: Surroundings) -> Run:
    return lambda value, record: next(iter(list_of(value)), ABSENT)


def _last(arguments: Arguments, around: Surroundings) -> Run:
    return lambda value, record: next(reversed(list_of(value)), ABSENT)


def _concat(arguments: Arguments, around: Surroundings) -> Run:
    between: str = arguments.get("between", "")
    parts = [
        part if isinstance(part, str) else parse_path(part["from"]) for part in arguments["parts"]
    ]

    def run(value: Any, record: dict[str, JSON]) -> Value:
        texts = [] if is_blank(value) else [written(value)]
        numbers: tuple[str, ...] = ()
        blank = not texts
        for part in parts:
            found: Value = part if isinstance(part, str) else read_path(record, part)
            if found is part:
                texts.append(found)
            elif found is not ABSENT and not is_blank(found):
                texts.append(written(found))
                numbers += numbers_in(found)
                blank = False
        return ABSENT if blank else with_numbers(between.join(texts), numbers)

    return run


def list_of(value: JSON) -> list[JSON]:
    """The value, which has to be a list. Raises StepFaultError."""
    if isinstance(value, list):
        return value
    raise StepFaultError(
        "not_a_list",
        f"{shown(value)!r} is not a list.",
        "Map a list, or make one of text with `split`.",
    )


def written(value: JSON) -> str:
    """Text, a number or a boolean as text. Raises StepFaultError for anything else."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return plain_number(value)
    raise StepFaultError(
        "not_text",
        f"{shown(value)!r} is neither text nor a number.",
        "Map a field of it, or use an expression.",
    )


_FIELD = Field("", "object", fields=(Field("from", "string", required=True),))
_NAME: dict[str, JSON] = {"first": "Ann", "last": "Smith", "none": " "}
_BOTH: list[JSON] = [{"from": "first"}, {"from": "last"}]

LIST_STEPS = (
    Step(
        "split",
        "Split",
        "Makes a list of a text, without white space around its parts and without blank ones.",
        "text",
        "list",
        _split,
        arguments=(Field("by", "string", required=True, description="What stands between."),),
        short="by",
        examples=(
            StepExample("red, green,,blue", {"by": ","}, ["red", "green", "blue"]),
            StepExample("", {"by": ","}, []),
            StepExample("x", {"by": ""}, fault="bad_argument"),
        ),
    ),
    Step(
        "join",
        "Join",
        "Makes one text of a list, without its blank parts.",
        "list",
        "text",
        _join,
        arguments=(
            Field(
                "between",
                "string",
                description="What to put between; a comma and a space if nothing is said.",
            ),
        ),
        examples=(
            StepExample(["red", "", 7], {}, "red, 7"),
            StepExample(["a", "b"], {"between": "/"}, "a/b"),
            StepExample("red", {}, fault="not_a_list"),
            StepExample([{}], {}, fault="not_text"),
        ),
    ),
    Step(
        "first",
        "First",
        "Takes the first of a list. Of an empty list it makes nothing.",
        "list",
        "any",
        _first,
        examples=(
            StepExample(["a", "b"], {}, "a"),
            StepExample([], {}, ABSENT),
            StepExample("a", {}, fault="not_a_list"),
        ),
    ),
    Step(
        "last",
        "Last",
        "Takes the last of a list. Of an empty list it makes nothing.",
        "list",
        "any",
        _last,
        examples=(StepExample(["a", "b"], {}, "b"), StepExample([], {}, ABSENT)),
    ),
    Step(
        "concat",
        "Concatenate",
        "Puts several fields and constants behind each other, the line's own value first if it "
        "has one. Blank fields are left out; if all of them are blank, nothing is written.",
        "any",
        "text",
        _concat,
        arguments=(
            Field(
                "parts",
                "list",
                required=True,
                items=Field("", "any", any_of=(Field("", "string"), _FIELD)),
                description="Constants, and fields of the source as `from: name`.",
            ),
            Field("between", "string", description="What to put between; nothing if not said."),
        ),
        sees_blank=True,
        starts=True,
        paths=("parts",),
        examples=(
            StepExample(ABSENT, {"parts": _BOTH, "between": " "}, "Ann Smith", _NAME),
            StepExample("A-17", {"parts": ["/", {"from": "first"}]}, "A-17/Ann", _NAME),
            StepExample(ABSENT, {"parts": ["No ", {"from": "none"}]}, ABSENT, _NAME),
            StepExample({}, {"parts": ["x"]}, fault="not_text"),
        ),
    ),
)
