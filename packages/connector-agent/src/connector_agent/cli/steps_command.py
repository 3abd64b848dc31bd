"""`connector steps`: what a mapping can do with a value."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from connector_sdk import JSON, Field, Problem, SettingError, did_you_mean, json_schema
from rich.text import Text

from connector_agent.cli import completion
from connector_agent.cli.output import fail, out, print_json, table
from connector_agent.cli.project_folder import project_folder_if_any
from connector_agent.cli.project_option import JsonOption, ProjectOption
from connector_agent.mapping import ABSENT, Step, StepExample, load_steps
from connector_agent.project.steps_file import read_steps


def steps_command(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of a step. Default: all of them.", autocompletion=completion.steps
        ),
    ] = "",
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the steps that mappings can use, or explain one; in a project, its own too.

    To find the project's own steps, the code in its steps.py runs.

    Example: connector steps money_to_minor
    """
    try:
        own = load_steps(_steps_text(project))
    except SettingError as error:
        fail(error, as_json=as_json)
    steps = own.all
    if name and name not in steps:
        fail(
            SettingError(
                Problem(
                    "unknown_step",
                    f"There is no step {name!r}.",
                    did_you_mean(name, steps) or "List them all with: connector steps",
                ),
                *own.problems,
            ),
            as_json=as_json,
        )
    chosen = [steps[name]] if name else list(steps.values())
    if as_json:
        for step in chosen:
            print_json(_json(step))
    elif name:
        _explain(chosen[0])
    else:
        listed = table("step", "takes", "gives", "what it does")
        for step in chosen:
            listed.add_row(step.name, step.takes, step.gives, step.help)
        out.print(listed)
        out.print("\nMore about one, with examples: connector steps NAME")
    if own.problems and not name:
        fail(SettingError(*own.problems), as_json=as_json)


def _steps_text(stated: Path | None) -> str:
    """The steps.py of the project, or "" outside of one."""
    folder = project_folder_if_any(stated)
    return read_steps(folder) if folder is not None else ""


def _explain(step: Step) -> None:
    out.print(Text.assemble((step.name, "bold"), f": {step.label}"))
    out.print(f"\n{step.help}\nTakes {step.takes}, gives {step.gives}.")
    if step.arguments:
        out.print("\nArguments")
        for argument in step.arguments:
            out.print(f"  {argument.name}: {_told(argument)}")
    out.print("\nExamples")
    for example in step.examples:
        out.print(f"  {_use(step, example)}")


def _told(argument: Field) -> str:
    text = argument.description
    if argument.choices:
        text += f" One of {', '.join(map(_shown, argument.choices))}."
    return f"{text} Required." if argument.required else text


def _use(step: Step, example: StepExample) -> str:
    given: Any = dict(example.arguments)
    if step.short and given:
        given = given[step.short]
    arguments = f" {_shown(given)}" if example.arguments else ""
    record = f" in {_shown(example.record)}" if example.record else ""
    result = f"problem {example.fault}" if example.fault else _shown(example.result)
    return f"{_shown(example.value)} → {step.name}{arguments}{record} → {result}"


def _shown(value: Any) -> str:
    if value is ABSENT:
        return "absent"
    plain = dict(value) if isinstance(value, Mapping) else value
    return json.dumps(plain, ensure_ascii=not str(plain).isprintable())


def _json(step: Step) -> JSON:
    return {
        "name": step.name,
        "label": step.label,
        "help": step.help,
        "takes": step.takes,
        "gives": step.gives,
        "own": step.own,
        "short": step.short,
        "arguments": json_schema(step.schema()),
        "examples": [_example(each) for each in step.examples],
    }


def _example(example: StepExample) -> JSON:
    made: dict[str, JSON] = {"arguments": dict(example.arguments)}
    if example.value is not ABSENT:
        made["value"] = example.value
    if example.record:
        made["record"] = dict(example.record)
    if example.fault:
        made["problem"] = example.fault
    elif example.result is not ABSENT:
        made["result"] = example.result
    return made
