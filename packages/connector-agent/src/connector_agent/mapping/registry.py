"""Every step by name: the product's own, and those of a project's steps.py."""

import hashlib
import pathlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import Any

from connector_sdk import Problem, conform, shown

from connector_agent.mapping.blank_steps import BLANK_STEPS
from connector_agent.mapping.contact_steps import CONTACT_STEPS, COUNTRY_STEPS, HASH_STEPS
from connector_agent.mapping.date_steps import DATE_STEPS
from connector_agent.mapping.declaration import Step, StepExample, StepFaultError, Surroundings
from connector_agent.mapping.file_steps import FILE_STEPS, TABLE_STEPS
from connector_agent.mapping.list_steps import LIST_STEPS
from connector_agent.mapping.money_steps import MONEY_STEPS
from connector_agent.mapping.number_steps import NUMBER_STEPS
from connector_agent.mapping.own_step import FILE, DeclarationError, is_declared, place_of, step_of
from connector_agent.mapping.pattern_steps import PATTERN_STEPS
from connector_agent.mapping.text_steps import TEXT_STEPS
from connector_agent.mapping.value import ABSENT

STEPS: Mapping[str, Step] = MappingProxyType(
    {
        step.name: step
        for step in (
            *TEXT_STEPS,
            *BLANK_STEPS,
            *LIST_STEPS,
            *NUMBER_STEPS,
            *MONEY_STEPS,
            *DATE_STEPS,
            *CONTACT_STEPS,
            *COUNTRY_STEPS,
            *TABLE_STEPS,
            *PATTERN_STEPS,
            *HASH_STEPS,
            *FILE_STEPS,
        )
    }
)


@dataclass(frozen=True, slots=True)
class OwnSteps:
    """The steps of a project's steps.py, by name; `problems` is what keeps others from being
    used, `places` says where each begins."""

    steps: Mapping[str, Step]
    problems: tuple[Problem, ...]
    places: Mapping[str, str]

    @property
    def all(self) -> Mapping[str, Step]:
        """With those that the product has itself."""
        return {**STEPS, **self.steps}

    def example_faults(self, folder: pathlib.Path) -> Iterator[Problem]:
        """The examples that don't come out as they say."""
        for name, step in self.steps.items():
            for example in step.examples:
                reason = _reason(step, example, folder)
                if reason:
                    yield Problem(
                        "step_example",
                        f"An example of the step {name!r} doesn't come out: of "
                        f"{_told(example.value)} {reason}",
                        "Correct the step or the example.",
                        path=name,
                        line=self.places[name],
                    )


@lru_cache(maxsize=8)
def load_steps(text: str) -> OwnSteps:
    """The steps that the text of a steps.py declares; "" is a project without one."""
    if not text.strip():
        return OwnSteps({}, (), {})
    module = ModuleType(f"project_steps_{hashlib.sha256(text.encode()).hexdigest()[:12]}")
    module.__file__ = FILE
    sys.modules[module.__name__] = module  # where dataclasses look their module up
    try:
        code = compile(text, FILE, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - code of the project's owner
    except SyntaxError as error:
        at = f"{FILE}:{error.lineno or 1}:{error.offset or 1}"
        return _unusable(f"it is not Python: {error.msg}", "Correct it.", at)
    except (Exception, SystemExit) as error:
        remedy = "Correct it."
        if isinstance(error, ImportError):
            remedy = "Import only what is installed; other files of the project are not read."
        return _unusable(f"{type(error).__name__}: {shown(str(error))}", remedy, place_of(error))
    return _declared(vars(module))


def _declared(names: Mapping[str, Any]) -> OwnSteps:
    steps: dict[str, Step] = {}
    places: dict[str, str] = {}
    problems: list[Problem] = []
    for function in dict.fromkeys(each for each in names.values() if is_declared(each)):
        name = function.__name__
        place = f"{FILE}:{function.__code__.co_firstlineno}:1"
        try:
            step = step_of(function)
        except DeclarationError as error:
            problems.append(
                Problem(
                    "bad_own_step",
                    f"The function {name!r} can't be a step: {error}",
                    "Declare it as in `def initials(value: str, dots: bool = False) -> str:`.",
                    path=name,
                    line=place,
                )
            )
            continue
        if name in STEPS or name in steps:
            problems.append(
                Problem(
                    "step_name_taken",
                    f"There is a step {name!r} already.",
                    "Give the function another name.",
                    path=name,
                    line=place,
                )
            )
            continue
        steps[name], places[name] = step, place
    return OwnSteps(steps, tuple(problems), places)


def _unusable(reason: str, remedy: str, line: str) -> OwnSteps:
    fault = Problem(
        "bad_steps_file", f"{FILE} can't be used: {reason.rstrip('.')}.", remedy, line=line
    )
    return OwnSteps({}, (fault,), {})


def _reason(step: Step, example: StepExample, folder: pathlib.Path) -> str:
    """What comes of an example instead of what it says; "" if it comes out."""
    fitted = conform(step.schema(), dict(example.arguments))
    if fitted.problems:
        return f"nothing can be made: {fitted.problems[0].message}"
    arguments = fitted.value if isinstance(fitted.value, dict) else {}
    try:
        run = step.build(arguments, Surroundings({}, folder))
        blank = example.value is None or example.value is ABSENT
        result = example.value if blank else run(example.value, dict(example.record))
    except StepFaultError as fault:
        if fault.code == example.fault:
            return ""
        return f"comes a problem ({fault.code}): {fault.message}"
    if example.fault:
        return f"comes {_told(result)}, not the problem {example.fault}."
    if result == example.result and type(result) is type(example.result):
        return ""
    return f"comes {_told(result)}, not {_told(example.result)}."


def _told(value: object) -> str:
    return "nothing" if value is ABSENT else repr(shown(value))
