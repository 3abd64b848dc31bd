"""Puts values in place of references: ${env:NAME} and ${var:NAME}; `$${` is a plain `${`."""

import re
from collections.abc import Callable, Iterator, Mapping

from connector_sdk import JSON, Problem, SettingError

from connector_agent.project.document import Document, Keys
from connector_agent.project.names import nearest

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Lookup = Callable[[str], str]
"""Gives the value of an environment variable by its name. Raises ReferenceFaultError."""


class ReferenceFaultError(Exception):
    """A reference that can't be followed: code, message and remedy."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


def from_environment(environ: Mapping[str, str]) -> Lookup:
    """Looks names up in the environment; what isn't set there is a fault."""

    def look(name: str) -> str:
        value = environ.get(name, "")
        if value:
            return value
        state = "is empty" if name in environ else "is not set"
        raise ReferenceFaultError(
            "missing_variable",
            f"The environment variable {name} {state}.",
            f"Set it before you start: export {name}=…",
        )

    return look


def unread(name: str) -> str:
    """Stands for the environment while a project is only loaded."""
    return ""


def refused(name: str) -> str:
    """Refuses the environment where values are stored with each run."""
    raise ReferenceFaultError(
        "environment_in_operation",
        f"${{env:{name}}} can't stand in an operation: values of the environment are secrets, "
        "and what an operation makes is stored.",
        "Use ${var:NAME} and set the variable in project.yaml.",
    )


class Variables:
    """The variables of project.yaml, ready to be put in place."""

    def __init__(self, values: Mapping[str, JSON]) -> None:
        self.values = values

    def resolve(self, document: Document, keys: Keys, env: Lookup) -> JSON:
        """The part of `document` at `keys` with every reference followed. A text that is
        nothing but one reference takes the type of the variable. Raises SettingError with
        all references that can't be followed; no value of the environment is in it."""
        problems: list[Problem] = []
        value = self._value(document.part(keys), keys, document, env, problems)
        if problems:
            raise SettingError(*problems)
        return value

    def _value(
        self, value: JSON, keys: Keys, document: Document, env: Lookup, problems: list[Problem]
    ) -> JSON:
        if isinstance(value, dict):
            return {
                name: self._value(part, (*keys, name), document, env, problems)
                for name, part in value.items()
            }
        if isinstance(value, list):
            return [
                self._value(part, (*keys, index), document, env, problems)
                for index, part in enumerate(value)
            ]
        if not isinstance(value, str) or "${" not in value:
            return value
        out: list[JSON] = []
        end = 0
        for found in _REFERENCE.finditer(value):
            if found.start() > end:
                out.append(value[end : found.start()])
            end = found.end()
            if found[0] == "$${":
                out.append("${")
                continue
            try:
                whole = found.start() == 0 and end == len(value)
                out.append(self._follow(found[1], found[0], env, whole=whole))
            except ReferenceFaultError as fault:
                place = document.line(keys, found.span())
                problems.append(Problem(fault.code, fault.message, fault.remedy, line=place))
        if end < len(value):
            out.append(value[end:])
        return out[0] if len(out) == 1 else "".join(str(part) for part in out)

    def _follow(self, inside: str | None, text: str, env: Lookup, *, whole: bool) -> JSON:
        if inside is None:
            raise ReferenceFaultError(
                "open_reference",
                "A reference is opened with '${' and never closed.",
                "Close it with '}', or write '$${' for a plain '${'.",
            )
        space, colon, name = inside.partition(":")
        if not colon or space not in ("env", "var"):
            what = "has no namespace" if not colon else f"has the unknown namespace {space!r}"
            raise ReferenceFaultError(
                "unknown_namespace",
                f"The reference {text} {what}.",
                "Write ${env:NAME} for the environment, ${var:NAME} for a variable of "
                "project.yaml, or '$${' for a plain '${'.",
            )
        if not _NAME.fullmatch(name):
            raise ReferenceFaultError(
                "bad_variable_name",
                f"{name!r} can't be the name of a variable.",
                "Names hold letters, digits and '_', and start with no digit.",
            )
        if space == "env":
            return env(name)
        if name not in self.values:
            raise ReferenceFaultError(
                "unknown_variable",
                f"project.yaml has no variable {name!r}.",
                nearest(name, self.values) or f"Add `{name}:` below `variables:` there.",
            )
        value = self.values[name]
        if whole or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        raise ReferenceFaultError(
            "variable_not_text",
            f"The variable {name!r} is neither text nor a number and can't be part of a text.",
            "Let the reference be the whole value.",
        )


def variable_name_fault(name: str) -> bool:
    """Whether `name` can't be referred to."""
    return not _NAME.fullmatch(name)


def environment_names(value: JSON) -> Iterator[str]:
    """The environment variables that a part of a document refers to."""
    if isinstance(value, dict):
        for part in value.values():
            yield from environment_names(part)
    elif isinstance(value, list):
        for part in value:
            yield from environment_names(part)
    elif isinstance(value, str):
        for found in _REFERENCE.finditer(value):
            if found[1] and found[1].startswith("env:"):
                yield found[1][4:]
