"""One YAML file as plain JSON with the place of each part, and the words that YAML would change."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from connector_sdk import JSON, Problem

_INTEGER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_NUMBER_LIKE = re.compile(
    r"[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9]+)?|[-+]?0[xob][0-9a-f_]+"
    r"|[-+]?\.inf|\.nan",
    re.IGNORECASE,
)
_DATE_LIKE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]+[0-9][0-9:.Zz +-]*)?")
_WORDS: dict[str, JSON] = {
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_LARGEST = 2**63


class ChangedError(ValueError):
    """A plain word that YAML would change; its text says what YAML takes it for."""


def plain(text: str) -> JSON:
    """The value of a word without quotes. Raises ChangedError."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= 20:
        number = int(text)
        if str(number) == text and abs(number) < _LARGEST:
            return number
    if _DECIMAL.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    if _NUMBER_LIKE.fullmatch(text):
        raise ChangedError("a number")
    if _DATE_LIKE.fullmatch(text):
        raise ChangedError("a date")
    return text


Keys: TypeAlias = tuple[str | int, ...]
"""The way to one part of a document: keys and list indexes from the top."""

CHANGED = "changed_by_yaml"
"""The code of the problem with a word that YAML would change."""


class Position(NamedTuple):
    """Where an entry starts (its key, or its list item) and where the text of its value
    starts; both count lines and columns from 1. A value that spans lines has `text_line` 0."""

    line: int
    column: int
    text_line: int = 0
    text_column: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the project; `file` is its path below the project's folder, with slashes.
    `problems` are the words in it that YAML would change; `value` has them as they are
    written, so that they hide nothing else that is wrong."""

    file: str
    value: JSON
    positions: Mapping[Keys, Position]
    problems: tuple[Problem, ...] = ()

    def part(self, keys: Keys) -> JSON:
        """What stands at `keys`. Raises KeyError or IndexError where nothing does."""
        value: Any = self.value
        for key in keys:
            value = value[key]
        found: JSON = value
        return found

    def line(self, keys: Keys = (), span: tuple[int, int] | None = None) -> str:
        """ "operations/import.yaml:12:5", the place of `keys` or of the nearest part above it.

        With `span`, the start and end in the text of the value, the place inside that text.
        """
        while keys and keys not in self.positions:
            keys, span = keys[:-1], None
        at = self.positions.get(keys, Position(1, 1))
        if span is not None and at.text_line:
            return f"{self.file}:{at.text_line}:{at.text_column + span[0]}"
        return f"{self.file}:{at.line}:{at.column}"

    def locate(self, base: Keys, path: str) -> Keys:
        """The keys of `path`, as a Problem of a schema writes it ("card.number", "lines[0]"),
        below `base`; those of the nearest part above where it isn't in the file itself."""
        best = base
        for keys in self.positions:
            if keys[: len(base)] != base or len(keys) <= len(best):
                continue
            text = _dotted(keys[len(base) :])
            if path == text or (path.startswith(text) and path[len(text)] in ".["):
                best = keys
        return best

    def snapshot(self) -> dict[str, JSON]:
        """The document as JSON, for `from_snapshot`; references stay references."""
        positions: list[JSON] = [[list(keys), *at] for keys, at in self.positions.items()]
        return {"file": self.file, "value": self.value, "positions": positions}

    @classmethod
    def from_snapshot(cls, stored: Any) -> "Document":
        """The document that `snapshot` stored."""
        positions = {tuple(keys): Position(*at) for keys, *at in stored["positions"]}
        return cls(stored["file"], stored["value"], positions)


def without_echoes(problems: Iterable[Problem]) -> list[Problem]:
    """The problems without what else is said of a line with a word that YAML would change:
    that goes when the word is quoted."""
    problems = list(problems)
    lines = {_row(each) for each in problems if each.code == CHANGED}
    return [each for each in problems if each.code == CHANGED or _row(each) not in lines]


def _row(problem: Problem) -> str:
    return problem.line.rpartition(":")[0]


def _dotted(keys: Keys) -> str:
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


class Faults:
    """The problems that are found in one document while its shape is read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def add(self, code: str, message: str, remedy: str, keys: Keys = ()) -> None:
        """Notes one problem at `keys`."""
        path = _dotted(keys)
        self.problems.append(
            Problem(code, message, remedy, path=path, line=self.document.line(keys))
        )

    def text(self, parent: Mapping[str, JSON], keys: Keys, *, example: str = "") -> str:
        """The text that has to stand at `keys`; "" after a problem. With `example` it is
        required, without it may be left out."""
        name = str(keys[-1])
        value = parent.get(name)
        if name not in parent:
            if example:
                self.add(
                    f"missing_{name}",
                    f"{self.document.file} doesn't say its {name!r}.",
                    f"Add a line such as `{name}: {example}`.",
                    keys[:-1],
                )
            return ""
        if not isinstance(value, str) or not value.strip():
            self.add("not_text", f"{name!r} has to be text.", "Write it as text.", keys)
            return ""
        return value.strip()

    def mapping(self, value: JSON, keys: Keys) -> dict[str, JSON]:
        """`value` as keys with values; {} after a problem."""
        if isinstance(value, dict):
            return value
        what = f"{str(keys[-1])!r}" if keys else self.document.file
        self.add(
            "not_a_mapping",
            f"{what} has to hold lines of the form `key: value`.",
            "Write one `key: value` a line, indented by two spaces below it."
            if keys
            else "Write one `key: value` a line.",
            keys,
        )
        return {}
