"""Activity settings from command options, and faults in terms of those options."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connector_sdk import JSON, ActivityType, Command, ConnectorError, Option, Problem, SettingError
from connector_sdk.path import format_path

from connector_agent.cli.output import err, problem_text
from connector_agent.one_off.assignment import Assignment, assignments, below, require_once

_SETTING = re.compile(r"`(\w+): (\w+)`")


def assigned(
    kind: ActivityType, given: Mapping[str, Any], elsewhere: Mapping[str, str] | None = None
) -> list[Assignment]:
    """The settings that options give; `elsewhere` has those given in another way, by name.
    Raises SettingError for one that is given twice."""
    found = [*_by_option(kind, given)]
    settings = assignments(given.get("settings") or (), "--setting")
    found.extend(("--setting", each) for each in settings)
    before = [(option, (setting,)) for setting, option in (elsewhere or {}).items()]
    require_once([*before, *((option, each.path) for option, each in found)])
    return [each for _, each in found]


def _by_option(kind: ActivityType, given: Mapping[str, Any]) -> Iterator[tuple[str, Assignment]]:
    for index, option in enumerate(kind.options):
        said = given.get(f"option_{index}")
        if not said:
            continue
        name = f"--{option.name}"
        made: Sequence[Assignment]
        if option.takes == "parts":
            made = [*below(option.setting, assignments(said, name))]
        elif option.takes == "whole":
            paths: list[JSON] = [path for part in said for path in part.split(",") if path]
            made = [Assignment((option.setting,), paths)]
        else:
            made = [Assignment((option.setting,), said)]
        yield from ((name, each) for each in made)


def bound(words: JSON, values: Iterable[str]) -> JSON:
    """The argument of a source, with the values of its references, which can't become part of
    the query. Raises SettingError."""
    given: dict[str, JSON] = {}
    for path, value in assignments(values, "--value"):
        given[f"var:{format_path(path)}"] = value
    return {"text": words, "values": given} if given else words


def require_faultless(found: Iterable[Problem]) -> None:
    """Prints warnings. Raises SettingError for faults."""
    faults = [problem for problem in found if not problem.warning or _warn(problem)]
    if faults:
        raise SettingError(*faults)


def _warn(problem: Problem) -> bool:
    err.print(problem_text(problem))
    return False


def activity_words(error: ConnectorError, kind: ActivityType, command: Command) -> ConnectorError:
    """The same error; the remedy for a missing setting names its option."""
    if not isinstance(error, SettingError):
        return error
    return SettingError(*(_in_words(problem, kind, command) for problem in error.problems))


def _in_words(problem: Problem, kind: ActivityType, command: Command) -> Problem:
    if problem.code != "missing_field":
        return problem
    setting, dot, name = problem.path.partition(".")
    for option in kind.options:
        if option.setting == setting and (option.takes == "parts") == bool(dot):
            part = f"{name}=VALUE" if dot else option.metavar
            return problem._replace(remedy=f"Give it: --{option.name} {part}")
    if problem.path == command.argument:
        return problem._replace(remedy="Give it after the object.")
    return problem


def option_for(problem: Problem, command: Command, parts: Mapping[str, Option]) -> Problem:
    """The same problem of a request; the remedy for a missing field names its option. `parts`:
    options by the request fields they give."""
    if problem.code != "missing_field":
        return problem
    if problem.path == command.argument:
        remedy = "Give it after the object, or many with --ids-from."
    elif problem.path in parts:
        option = parts[problem.path]
        value = option.metavar.rpartition("=")[2]
        remedy = f"Give it: --{option.name} {problem.path}={value}"
    else:
        remedy = f"Give it: --set {problem.path}=VALUE"
    return problem._replace(remedy=remedy)


def setting_as_option(problem: Problem) -> Problem:
    """The same problem; its remedy names the option instead of the YAML setting."""
    return problem._replace(remedy=_SETTING.sub(r"`--setting \1=\2`", problem.remedy))


def ids_twice() -> Problem:
    """The problem of ids from two places."""
    return Problem(
        "ids_twice",
        "Ids are given both after the object and in a file.",
        "Leave one of them out.",
    )
