"""Puts values in place of references: ${env:NAME} and ${var:NAME}; `$${` is a plain `${`.

In a template (a query, say) nothing is put in place here: the connector gets the text and the
values beside it, so that no value can become part of its language. There ${record:NAME} stands
for a field of each record of another source.

A variable's own value may hold ${env:NAME}, so that each environment has its own key.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from connector_sdk import JSON, Problem, SettingError

from connector_agent.project.document import Document, Keys
from connector_agent.project.names import nearest

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

UNTOLD = "untold_variable"
"""The code of a fault that only follows from another one."""

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


def as_written(name: str) -> str:
    """Leaves references to the environment as they are, for people to read."""
    return f"${{env:{name}}}"


def refused(name: str) -> str:
    """Refuses the environment where values are stored with each run."""
    raise ReferenceFaultError(
        "environment_in_operation",
        f"${{env:{name}}} can't stand in an operation: values of the environment are secrets, "
        "and what an operation makes is stored.",
        "Use ${var:NAME} and set the variable in project.yaml.",
    )


class Variables:
    """The variables of the project, ready to be put in place.

    `values` are those of project.yaml with those of the chosen environment over them. With
    `known` False a file that states them could not be read: then no name is a fault while a
    project is loaded, and what needs one that isn't there can't be used.
    """

    def __init__(self, values: Mapping[str, JSON], *, known: bool = True) -> None:
        self.values = values
        self._known = known

    def resolve(
        self,
        document: Document,
        keys: Keys,
        env: Lookup,
        verbatim: Collection[str] = (),
        record: Lookup | None = None,
    ) -> JSON:
        """The part of `document` at `keys` with every reference followed, but for what stands
        behind a key of `verbatim`. A text that is nothing but one reference takes the type of
        the variable. `record` gives what stands for a field of a record; without it there is
        none. Raises SettingError with all references that can't be followed; no value of the
        environment is in it."""
        problems: list[Problem] = []
        resolving = _Resolving(self, document, env, frozenset(verbatim), problems, record)
        value = resolving.value(document.part(keys), keys)
        if problems:
            raise SettingError(*problems)
        return value

    def template(self, document: Document, keys: Keys, env: Lookup) -> JSON:
        """The text at `keys` as it is written, and the values of its references beside it.
        Raises SettingError with all references that can't be followed."""
        text = document.part(keys)
        if not isinstance(text, str) or "${" not in text:
            return self.resolve(document, keys, env)
        whole = self.resolve(document, keys, env, record=unread)
        if not isinstance(whole, str):
            return whole
        values: dict[str, JSON] = {
            f"{space}:{name}": env(name) if space == "env" else self.value_of(name, env)
            for space, name in _references(text)
            if space in ("env", "var")
        }
        return {"text": text, "values": values}

    def value_of(self, name: str, env: Lookup) -> JSON:
        """The value of one variable. Raises ReferenceFaultError."""
        if name not in self.values:
            if not self._known and env in (unread, refused, as_written):
                return ""
            if not self._known:
                raise ReferenceFaultError(
                    UNTOLD,
                    f"The value of the variable {name!r} is not known.",
                    "Mend the file that states it first.",
                )
            raise ReferenceFaultError(
                "unknown_variable",
                f"project.yaml has no variable {name!r}.",
                nearest(name, self.values) or f"Add `{name}:` below `variables:` there.",
            )
        value = self.values[name]
        return _with_environment(value, env) if isinstance(value, str) else value

    def untold(self, value: JSON) -> bool:
        """Whether a part of a document needs a variable whose file could not be read."""
        names = (name for space, name in _references(value) if space == "var")
        return not self._known and any(name not in self.values for name in names)

    def environment_names(self, value: JSON) -> Iterator[str]:
        """The environment variables that a part of a document refers to, also by variables."""
        for space, name in _references(value):
            if space == "env":
                yield name
            elif space == "var" and name in self.values:
                yield from (
                    inner for kind, inner in _references(self.values[name]) if kind == "env"
                )


class _Resolving(NamedTuple):
    """One part of one document on its way to be resolved."""

    variables: Variables
    document: Document
    env: Lookup
    verbatim: frozenset[str]
    problems: list[Problem]
    record: Lookup | None

    def value(self, value: JSON, keys: Keys) -> JSON:
        """`value`, which stands at `keys`, with its references followed."""
        if isinstance(value, dict):
            return {
                name: part if name in self.verbatim else self.value(part, (*keys, name))
                for name, part in value.items()
            }
        if isinstance(value, list):
            return [self.value(part, (*keys, index)) for index, part in enumerate(value)]
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
                out.append(self._follow(found[1], found[0], whole=whole))
            except ReferenceFaultError as fault:
                place = self.document.line(keys, found.span())
                self.problems.append(Problem(fault.code, fault.message, fault.remedy, line=place))
        if end < len(value):
            out.append(value[end:])
        return out[0] if len(out) == 1 else "".join(str(part) for part in out)

    def _follow(self, inside: str | None, text: str, *, whole: bool) -> JSON:
        space, name = _parts(inside, text)
        if space == "record":
            if self.record is None:
                raise ReferenceFaultError(
                    "no_record",
                    f"{text} stands where there is no record.",
                    "A field of each record of `for_each` can stand in a query, and in the ids "
                    "to read.",
                )
            return self.record(name)
        if space == "env":
            return self.env(name)
        value = self.variables.value_of(name, self.env)
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


def _parts(inside: str | None, text: str) -> tuple[str, str]:
    """Namespace and name of a reference. Raises ReferenceFaultError."""
    if inside is None:
        raise ReferenceFaultError(
            "open_reference",
            "A reference is opened with '${' and never closed.",
            "Close it with '}', or write '$${' for a plain '${'.",
        )
    space, colon, name = inside.partition(":")
    if space == "record" and name.strip():
        return space, name.strip()
    if not colon or space not in ("env", "var"):
        what = "has no namespace" if not colon else f"has the unknown namespace {space!r}"
        raise ReferenceFaultError(
            "unknown_namespace",
            f"The reference {text} {what}.",
            "Write ${env:NAME} for the environment, ${var:NAME} for a variable of "
            "project.yaml, ${record:NAME} for a field of a record in a query, or '$${' for a "
            "plain '${'.",
        )
    if not _NAME.fullmatch(name):
        raise ReferenceFaultError(
            "bad_variable_name",
            f"{name!r} can't be the name of a variable.",
            "Names hold letters, digits and '_', and start with no digit.",
        )
    return space, name


def _with_environment(value: str, env: Lookup) -> str:
    """The text of a variable with its references to the environment followed."""

    def follow(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        space, name = _parts(found[1], found[0])
        if space != "env":
            raise ReferenceFaultError(
                "variable_in_variable",
                f"A variable refers to another one: {found[0]}.",
                "Write the value out; variables can only refer to the environment.",
            )
        return env(name)

    return _REFERENCE.sub(follow, value)


def record_names(value: JSON) -> tuple[str, ...]:
    """The fields of records that a part of a document refers to."""
    names = (name.strip() for space, name in _references(value) if space == "record")
    return tuple(dict.fromkeys(names))


def of_record(name: str) -> str:
    """Leaves references to fields of records as they are, for people to read."""
    return f"${{record:{name}}}"


def _references(value: JSON) -> Iterator[tuple[str, str]]:
    """Namespace and name of each reference in a part of a document."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)
    elif isinstance(value, str):
        for found in _REFERENCE.finditer(value):
            if found[1]:
                space, _, name = found[1].partition(":")
                yield space, name


def variable_faults(document: Document) -> Iterator[tuple[str, ReferenceFaultError]]:
    """What is wrong with the variables that a document states below `variables:`, by name."""
    top = document.value
    values = top.get("variables") if isinstance(top, dict) else None
    for name, value in values.items() if isinstance(values, dict) else ():
        if not _NAME.fullmatch(name):
            yield (
                name,
                ReferenceFaultError(
                    "bad_variable_name",
                    f"{name!r} can't be the name of a variable.",
                    "Names hold letters, digits and '_', and start with no digit.",
                ),
            )
        elif isinstance(value, str):
            try:
                _with_environment(value, unread)
            except ReferenceFaultError as fault:
                yield name, fault
