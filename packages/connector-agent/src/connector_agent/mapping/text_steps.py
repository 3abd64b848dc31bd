"""Steps on text, and the steps that tell absent, empty and clear apart."""

from collections.abc import Callable, Mapping
from typing import Any

from connector_sdk import JSON, Field, shown

from connector_agent.mapping.state import ABSENT, Value, is_blank
from connector_agent.mapping.step import Run, Step, StepExample, StepFaultError


def _text(value: JSON) -> str:
    if isinstance(value, str):
        return value
    raise StepFaultError(
        "not_text", f"{shown(value)!r} is not text.", "Take the step out, or map another field."
    )


def _on_text(change: Callable[[str], str]) -> Callable[..., Run]:
    def build(arguments: Mapping[str, Any], minor_units: Mapping[str, int]) -> Run:
        return lambda value, record: change(value if type(value) is str else _text(value))

    return build


def _replace(arguments: Mapping[str, Any], minor_units: Mapping[str, int]) -> Run:
    old, new = arguments["old"], arguments["new"]
    if not old:
        raise StepFaultError("bad_argument", "'old' is empty.", "Say which text to replace.")
    return lambda value, record: _text(value).replace(old, new)


def _default(arguments: Mapping[str, Any], minor_units: Mapping[str, int]) -> Run:
    value_then = arguments["value"]
    return lambda value, record: value_then if is_blank(value) else value


def _skip_when_blank(arguments: Mapping[str, Any], minor_units: Mapping[str, int]) -> Run:
    return lambda value, record: ABSENT if is_blank(value) else value


def _clear(arguments: Mapping[str, Any], minor_units: Mapping[str, int]) -> Run:
    return lambda value, record: None


def _clear_when_blank(arguments: Mapping[str, Any], minor_units: Mapping[str, int]) -> Run:
    def run(value: Value, record: dict[str, JSON]) -> Value:
        return None if value is not ABSENT and is_blank(value) else value

    return run


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
            StepExample(5, {}, fault="not_text"),
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
        "default",
        "Default",
        "Gives this value where the source has none: absent, null or blank text.",
        "any",
        "any",
        _default,
        arguments=(Field("value", "any", required=True, description="The value to use instead."),),
        short="value",
        sees_blank=True,
        examples=(
            StepExample("", {"value": "GB"}, "GB"),
            StepExample(ABSENT, {"value": "GB"}, "GB"),
            StepExample(None, {"value": "GB"}, "GB"),
            StepExample("FR", {"value": "GB"}, "FR"),
        ),
    ),
    Step(
        "skip_when_blank",
        "Skip when blank",
        "Writes nothing where the value is null or blank text.",
        "any",
        "any",
        _skip_when_blank,
        sees_blank=True,
        examples=(
            StepExample("  ", {}, ABSENT),
            StepExample(None, {}, ABSENT),
            StepExample("x", {}, "x"),
            StepExample(0, {}, 0),
        ),
    ),
    Step(
        "clear",
        "Clear",
        "Unsets the field at the target, whatever the source says.",
        "any",
        "any",
        _clear,
        sees_blank=True,
        examples=(StepExample("x", {}, None), StepExample(ABSENT, {}, None)),
    ),
    Step(
        "clear_when_blank",
        "Clear when blank",
        "Unsets the field at the target where the value is blank text. A value that is absent "
        "stays absent.",
        "any",
        "any",
        _clear_when_blank,
        sees_blank=True,
        examples=(
            StepExample(" ", {}, None),
            StepExample("x", {}, "x"),
            StepExample(ABSENT, {}, ABSENT),
        ),
    ),
)
