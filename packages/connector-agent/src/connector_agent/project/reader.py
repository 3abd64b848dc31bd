"""Reads a YAML file into a Document, and says in our words what is wrong with it."""

import re
from pathlib import Path

from connector_sdk import JSON, Problem, SettingError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from connector_agent.project.document import CHANGED, ChangedError, Document, Keys, Position, plain
from connector_agent.project.names import canonical

_CORE = "tag:yaml.org,2002:"
_QUOTED = ("'", '"')


def read(path: Path, file: str) -> Document:
    """The document in the file at `path`, called `file` in messages.

    Raises SettingError with every fault of the text: not UTF-8, not YAML, a key twice, an
    entry without a value, an anchor or a tag. Words that YAML would change are among the
    document's problems where they are all that is wrong with the text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingError(
            Problem(
                "file_unreadable",
                f"{file} can't be read: {error.strerror or 'the system refuses'}.",
                "Look at the file and its permissions.",
                line=file,
            )
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        start = before.rfind(b"\n") + 1
        column = len(before[start:].decode("utf-8", "replace")) + 1
        raise SettingError(
            Problem(
                "not_utf_8",
                f"{file} is not UTF-8: the byte 0x{data[error.start]:02x} has no meaning there.",
                "Save the file with the encoding UTF-8.",
                line=f"{file}:{before.count(10) + 1}:{column}",
            )
        ) from error
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """The document in `text`. Raises SettingError like `read`."""
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise SettingError(
            Problem(
                "bad_character",
                f"{file} holds the control character U+{ord(text[error.position]):04X}.",
                "Take it out, or write it as an escape inside double quotes.",
                line=f"{file}:{line}:{column}",
            )
        ) from error
    except MarkedYAMLError as error:
        raise SettingError(_syntax(error, text, file)) from error
    except (YAMLError, ValueError) as error:
        raise SettingError(
            Problem("not_yaml", f"{file} is not YAML.", "Correct the text.", line=f"{file}:1:1")
        ) from error
    except RecursionError as error:
        raise SettingError(
            Problem(
                "too_deep",
                f"{file} is nested too deeply.",
                "Look for brackets that are never closed.",
                line=f"{file}:1:1",
            )
        ) from error
    if root is None:
        raise SettingError(
            Problem(
                "empty_file",
                f"{file} is empty.",
                "Fill it in, or delete the file.",
                line=f"{file}:1:1",
            )
        )
    tree = _Tree(file, text.splitlines())
    value = tree.value(root, ())
    if any(problem.code != CHANGED for problem in tree.problems):
        raise SettingError(*tree.problems)
    return Document(file, value, tree.positions, tuple(tree.problems))


class _Tree:
    """Turns YAML nodes into JSON and keeps where each stood."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file = file
        self._lines = lines
        self.positions: dict[Keys, Position] = {}
        self.problems: list[Problem] = []

    def value(self, node: Node, keys: Keys, entry: Node | None = None) -> JSON:
        """The JSON of `node`; `entry` is the key that it stands behind."""
        self._note(entry or node, node, keys)
        if node.anchor:
            self._fault(
                node,
                "anchor",
                f"'&{node.anchor}' marks a part for reuse; a project doesn't use that.",
                "Write the part out where it is needed, or use a variable of project.yaml; "
                "quote text that starts with '&' or '*'.",
            )
            return None
        if not str(node.tag).startswith(_CORE):
            self._fault(
                node,
                "tag",
                f"'{node.tag}' is a YAML tag; a project uses none.",
                "Take it out, or quote text that starts with '!'.",
            )
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, SequenceNode):
            return [self.value(child, (*keys, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, keys) if isinstance(node, ScalarNode) else None

    def _mapping(self, node: MappingNode, keys: Keys) -> dict[str, JSON]:
        out: dict[str, JSON] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self._fault(key, "bad_key", "A key has to be text.", "Write a plain word.")
                continue
            name = canonical(str(key.value))
            if name in out:
                first = self.positions[(*keys, name)]
                self._fault(
                    key,
                    "duplicate_key",
                    f"The key {name!r} stands twice, first in line {first.line}.",
                    "Keep one of them.",
                )
                continue
            out[name] = self.value(child, (*keys, name), key)
        return out

    def _scalar(self, node: ScalarNode, keys: Keys) -> JSON:
        text = str(node.value)
        if node.style == ">":
            text = text.replace("\a", "")  # ruamel notes where the lines were folded
        if node.style is not None:
            return text
        if not text:
            name = repr(keys[-1]) if keys and isinstance(keys[-1], str) else "This entry"
            self.problems.append(
                Problem(
                    "no_value",
                    f"{name} has no value.",
                    "YAML takes what follows a '#' for a comment: put the value in quotes."
                    if self._has_comment(keys)
                    else 'Give it one, or take the line out; "" is empty text, null is no value.',
                    line=Document(self.file, None, self.positions).line(keys),
                )
            )
            return None
        try:
            return plain(text)
        except ChangedError as error:
            self._fault(
                node,
                CHANGED,
                f"YAML reads {text} as {error} and would not keep it as it is written.",
                f'Write it in quotes: "{text}".',
            )
            return text

    def _has_comment(self, keys: Keys) -> bool:
        row = self.positions[keys].line - 1
        return row < len(self._lines) and " #" in self._lines[row]

    def _note(self, entry: Node, node: Node, keys: Keys) -> None:
        at, start, end = entry.start_mark, node.start_mark, node.end_mark
        if isinstance(node, ScalarNode) and start.line == end.line:
            column = start.column + (2 if node.style in _QUOTED else 1)
            place = Position(at.line + 1, at.column + 1, start.line + 1, column)
        else:
            place = Position(at.line + 1, at.column + 1)
        self.positions[keys] = place

    def _fault(self, node: Node, code: str, message: str, remedy: str) -> None:
        mark = node.start_mark
        line = f"{self.file}:{mark.line + 1}:{mark.column + 1}"
        self.problems.append(Problem(code, message, remedy, line=line))


def _syntax(error: MarkedYAMLError, text: str, file: str) -> Problem:
    """The parser's complaint, told by what a person most likely did."""
    mark = error.problem_mark or error.context_mark
    if not isinstance(mark, StringMark):
        return Problem("not_yaml", f"{file} is not YAML.", "Correct the text.", line=f"{file}:1:1")
    lines = text.splitlines() or [""]
    row = min(mark.line, len(lines) - 1)
    line = lines[row]
    place = f"{file}:{mark.line + 1}:{mark.column + 1}"
    indent = line[: len(line) - len(line.lstrip())]
    said = str(error.problem or "")
    if "\t" in indent or "'\\t'" in said:
        column = line.find("\t") + 1
        return Problem(
            "tab",
            "A tab stands where YAML wants spaces.",
            "Indent with spaces, two for each level.",
            line=f"{file}:{row + 1}:{column}",
        )
    if line[max(mark.column - 1, 0) :].startswith("${"):
        return Problem(
            "reference_in_flow_style",
            "A reference ${…} inside { } or [ ] has to be quoted.",
            'Put it in quotes, as in {key: "${env:NAME}"}, or write one entry a line.',
            line=place,
        )
    if "expected <block end>" in said and line[: mark.column].rstrip().endswith(_QUOTED):
        return Problem(
            "text_behind_quote",
            "Text goes on behind a closing quote.",
            "Write a quote inside of quotes twice ('it''s'), or use the other kind around it.",
            line=place,
        )
    if "mapping values" in said and row and _DASH.match(lines[row - 1]):
        return Problem(
            "dash_without_space",
            "A '-' that begins an item needs a space behind it.",
            "Write `- to:` instead of `-to:`.",
            line=f"{file}:{row}:{lines[row - 1].find('-') + 1}",
        )
    if "mapping values" in said and row and _TIGHT.fullmatch(lines[row - 1]):
        return Problem(
            "colon_without_space",
            "A ':' that ends a key needs a space behind it.",
            "Write `key: value` instead of `key:value`.",
            line=f"{file}:{row}:{lines[row - 1].find(':') + 1}",
        )
    begun = error.context_mark
    if isinstance(begun, StringMark) and any(sign in said for sign in _BEGUN):
        place = f"{file}:{begun.line + 1}:{begun.column + 1}"
    for sign, code, message, remedy in _SAID:
        if sign in said:
            return Problem(code, message, remedy, line=place)
    return Problem(
        "not_yaml",
        "The text can't be read as YAML from here.",
        "Look at this line and the one before for a missing quote, bracket or indentation.",
        line=place,
    )


_DASH = re.compile(r"\s*-[A-Za-z\"']")
_TIGHT = re.compile(r"\s*(- )?[\w-]+:[^\s:]+")
_BEGUN = ("end of stream", "could not find expected ':'")
"""Complaints whose cause stands where the text began that they are about."""

_SAID = (
    (
        "comment or a line break",
        "text_behind_sign",
        "Behind '|' or '>' nothing can stand in the same line.",
        "Begin the text on the next line, indented, or put it in quotes.",
    ),
    (
        "mapping values are not allowed",
        "colon",
        "A ': ' stands inside a value that is not quoted, the line is indented too far, or the one "
        "before it has no ':'.",
        "Put the whole value in quotes, mend the indentation, or add the ':'.",
    ),
    (
        "expected ',' or",
        "open_bracket",
        "A comma is missing here, or a '[' or '{' before it is not closed.",
        "Mend the brackets, or write one entry a line without them.",
    ),
    (
        "end of stream",
        "open_quote",
        "A quote or a bracket is opened and never closed.",
        "Close it.",
    ),
    (
        "another document",
        "second_document",
        "A second document starts here ('---'); a file holds one.",
        "Put it into a file of its own.",
    ),
    (
        "undefined alias",
        "anchor",
        "A word that starts with '*' points to a marked part, and there is none.",
        "Quote text that starts with '*'.",
    ),
    (
        "cannot start any token",
        "bad_start",
        "A value can't start with this character.",
        "Put the value in quotes.",
    ),
    (
        "expected <block end>",
        "indentation",
        "This line is indented differently from the lines that it belongs to.",
        "Indent lines that belong together by the same number of spaces.",
    ),
    (
        "could not find expected ':'",
        "no_colon",
        "This is neither `key: value` nor `- item`.",
        "Write a colon and a space behind the key.",
    ),
)
