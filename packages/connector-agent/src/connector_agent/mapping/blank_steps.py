"""The steps that tell absent, empty and clear apart."""

from collections.abc import Sequence

from connector_sdk import JSON, Field

from connector_agent.mapping.declaration import Arguments, Run, Step, StepExample, Surroundings
from connector_agent.mapping.value import ABSENT, Value, is_blank


def _default(arguments: Arguments, around: Surroundings) -> Run:
    value_then = arguments["value"]
    return lambda value, record: value_then if is_blank(value) else value


def _skip_when_blank(arguments: Arguments, around: Surroundings) -> Run:
    return lambda value, record: ABSENT if is_blank(value) else value


def _clear(arguments: Arguments, around: Surroundings) -> Run:
    return lambda value, record: None


def _clear_when_blank(arguments: Arguments, around: Surroundings) -> Run:
    def run(value: Value, record: dict[str, JSON]) -> Value:
        return None if value is not ABSENT and is_blank(value) else value

    return run


def _value(arguments: Arguments, around: Surroundings) -> Sequence[JSON]:
    return (arguments["value"],)


BLANK_STEPS = (
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
        starts=True,
        constants=_value,
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
        starts=True,
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
