"""Steps with patterns. RE2 reads them: it takes no longer than the text is long, whatever the
pattern."""

import re
from typing import Any

from connector_sdk import JSON, Field, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.text_steps import text_of
from connector_agent.mapping.value import ABSENT, Value

_GROUP = re.compile(r"\\([0-9])")
_LOOSE = re.compile(r"(?<!\\)(?:\\\\)*\\(?![0-9\\])")


def _extract(arguments: Arguments, around: Surroundings) -> Run:
    pattern = _compiled(arguments["pattern"])
    group = arguments.get("group", min(pattern.groups, 1))
    if not 0 <= group <= pattern.groups:
        raise StepFaultError(
            "bad_argument",
            f"The pattern has no group {group}; it has {pattern.groups}.",
            "Put round brackets around what you want, and count them from 1.",
        )
    skip = arguments.get("missing") == "skip"

    def run(value: Any, record: dict[str, JSON]) -> Value:
        found = pattern.search(text_of(value))
        part: str | None = None if found is None else found.group(group)
        if part is not None:
            return part
        if skip:
            return ABSENT
        raise StepFaultError(
            "no_match",
            f"{shown(value)!r} doesn't match {shown(arguments['pattern'])!r}.",
            "Correct the value or the pattern, or state `missing: skip`.",
        )

    return run


def _replace_pattern(arguments: Arguments, around: Surroundings) -> Run:
    pattern, new = _compiled(arguments["pattern"]), arguments["new"]
    groups = [int(digit) for digit in _GROUP.findall(new.replace("\\\\", ""))]
    if any(group > pattern.groups for group in groups) or _LOOSE.search(new):
        raise StepFaultError(
            "bad_argument",
            f"{shown(new)!r} names a group that the pattern doesn't have.",
            "Write \\1 for the first pair of round brackets, and \\\\ for a backslash.",
        )

    def run(value: Any, record: dict[str, JSON]) -> str:
        result: str = pattern.sub(new, text_of(value))
        return result

    return run


def _compiled(pattern: str) -> Any:
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        told = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise StepFaultError(
            "bad_pattern",
            f"{shown(pattern)!r} is no pattern: {told}.",
            "Correct it; look-ahead, look-behind and references back are not supported.",
        ) from None


_PATTERN = Field("pattern", "string", required=True, description="A regular expression (RE2).")

PATTERN_STEPS = (
    Step(
        "extract",
        "Extract",
        "Takes the part of a text that matches a pattern: what stands in its first round "
        "brackets, or all of it where it has none.",
        "text",
        "text",
        _extract,
        arguments=(
            _PATTERN,
            Field("group", "integer", description="Which brackets to take; 0 is the whole."),
            Field(
                "missing",
                "string",
                choices=("problem", "skip"),
                description="What a text without a match is: a problem, or nothing to write.",
            ),
        ),
        examples=(
            StepExample("Order no. 4711 of May", {"pattern": "no\\. ([0-9]+)"}, "4711"),
            StepExample("AB-12", {"pattern": "[A-Z]+"}, "AB"),
            StepExample("AB-12", {"pattern": "([A-Z]+)-([0-9]+)", "group": 2}, "12"),
            StepExample("x", {"pattern": "[0-9]"}, fault="no_match"),
            StepExample("x", {"pattern": "[0-9]", "missing": "skip"}, ABSENT),
            StepExample("x", {"pattern": "(x"}, fault="bad_pattern"),
            StepExample("x", {"pattern": "x", "group": 1}, fault="bad_argument"),
        ),
    ),
    Step(
        "replace_pattern",
        "Replace a pattern",
        "Puts a text in place of everything that matches a pattern.",
        "text",
        "text",
        _replace_pattern,
        arguments=(
            _PATTERN,
            Field(
                "new",
                "string",
                required=True,
                description="The text to put there; \\1 is what stands in the first brackets.",
            ),
        ),
        examples=(
            StepExample("+44 (20) 7946-0000", {"pattern": "[^0-9+]", "new": ""}, "+442079460000"),
            StepExample("Smith, Ann", {"pattern": "(.*), (.*)", "new": "\\2 \\1"}, "Ann Smith"),
            StepExample("x", {"pattern": "x", "new": "\\1"}, fault="bad_argument"),
            StepExample("x", {"pattern": "[", "new": ""}, fault="bad_pattern"),
        ),
    ),
)
