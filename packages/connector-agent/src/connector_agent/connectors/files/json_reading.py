"""JSON documents and JSON Lines as records; each keeps the bytes that the file has.

Only one record at a time is in memory. What surrounds the list of a document is read to its end,
so that a document that is cut off is noticed.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

import msgspec
import orjson
from connector_sdk import Problem, SettingError, did_you_mean, shown

from connector_agent.connectors.files.limits import KEPT, too_long
from connector_agent.connectors.files.opening import reading
from connector_agent.connectors.files.readable import Read, Reads, Ready
from connector_agent.connectors.files.settings import ReadSettings

_CHUNK = 1 << 18
_BLANK = re.compile(r"[ \t\n\r]*")
_BEHIND = frozenset(" \t\n\r,:]}")
_SHOWN = 200
# Numbers are only passed over here, never made: a long one would cost time for nothing.
_SCAN = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


def ready_json(settings: ReadSettings) -> Ready:
    """Walks through all of the document once, so that nothing stops half-way. Raises
    SettingError when it is not JSON, or has no list where `at` says."""
    for _ in _elements(settings):
        pass
    return Ready(settings, lambda: json_records(settings))


def json_records(settings: ReadSettings) -> Reads:
    """Every element of the list, in its order. An element that is no object is a record with a
    problem. Raises SettingError as `ready_json` does."""
    for number, text in enumerate(_elements(settings), start=1):
        at = f"{settings.name} item {number}"
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield _faulty(text, at, f"The element is not JSON: {error}.")
            continue
        if isinstance(value, dict):
            yield msgspec.json.format(text.encode(), indent=-1), at, None
        else:
            yield _faulty(text, at, "The element is JSON, but not an object.")


def _faulty(text: str, at: str, message: str) -> Read:
    remedy = "Correct the element; each has to be one JSON object."
    problem = Problem("element_unreadable", message, remedy, value=shown(text[:_SHOWN]), at=at)
    return msgspec.json.encode({"text": text}), at, problem


def _elements(settings: ReadSettings) -> Iterator[str]:
    """The text of each element of the list that `at` names."""
    with reading(settings.stored) as file:
        text = _Text(file, settings)
        inside = 0
        for index, step in enumerate(settings.at):
            if text.peek() != "{":
                raise _no_list(settings, index, f"{_kind(text.peek())} stands there")
            _enter(text, step, settings, index)
            inside += 1
        if text.peek() != "[":
            found = _kind(text.peek())
            names = _names(text) if text.peek() == "{" else []
            has = f" with {shown(', '.join(names))}" if names else ""
            raise _no_list(settings, len(settings.at), found + has, names)
        text.take("[")
        if text.peek() == "]":
            text.take("]")
        else:
            while True:
                yield text.value()
                if text.take(",]") == "]":
                    break
        for _ in range(inside):
            while text.take(",}") == ",":
                text.name()
                _pass_over(text)
        if text.peek():
            text.fail("something follows the end of the document")


def _enter(text: "_Text", step: str, settings: ReadSettings, index: int) -> None:
    """Goes to the value of the member `step` of the object that begins."""
    text.take("{")
    names: list[str] = []
    if text.peek() == "}":
        raise _no_list(settings, index + 1, "an empty object")
    while True:
        name = text.name()
        if name == step:
            return
        names.append(name)
        _pass_over(text)
        if text.take(",}") == "}":
            hint = did_you_mean(step, names)
            found = f"its object has {shown(', '.join(names))}. {hint}".rstrip(". ?")
            raise _no_list(settings, index + 1, found, names)


def _names(text: "_Text") -> list[str]:
    """The names in the object that begins, for a message."""
    text.take("{")
    names: list[str] = []
    while text.peek() == '"' and len(names) < 20:
        names.append(text.name())
        _pass_over(text)
        if text.take(",}") == "}":
            break
    return names


def _pass_over(text: "_Text") -> None:
    """Walks through one value, however long it is."""
    closing: list[str] = []
    while True:
        if (char := text.peek()) in ("{", "["):
            text.take(char)
            end = "}" if char == "{" else "]"
            if text.peek() == end:
                text.take(end)
            else:
                closing.append(end)
                if end == "}":
                    text.name()
                continue
        else:
            text.value()
        while closing and text.take("," + closing[-1]) == closing[-1]:
            closing.pop()
        if not closing:
            return
        if closing[-1] == "}":
            text.name()


class _Text:
    """The text of a document, from the place on that was reached."""

    def __init__(self, file: BinaryIO, settings: ReadSettings) -> None:
        self._file = file
        self._name = settings.name
        self._limits = settings.limits
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("strict").decode
        self._held = ""
        self._at = 0
        self._line = 1
        self._ended = False

    def peek(self) -> str:
        """The next character that is not blank; "" at the end."""
        while True:
            blank = _BLANK.match(self._held, self._at)
            assert blank is not None
            self._at = blank.end()
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more(_CHUNK):
                return ""

    def take(self, allowed: str) -> str:
        """The next character, which has to be one of `allowed`."""
        char = self.peek()
        if not char or char not in allowed:
            what = f"it has {char!r}" if char else "it ends"
            self.fail(f"{what} where {' or '.join(allowed)} is due")
        self._at += 1
        return char

    def name(self) -> str:
        """The name of a member, and the colon behind it."""
        if self.peek() != '"':
            self.fail("a name in double quotes is due")
        name = json.loads(self.value(), strict=False)
        self.take(":")
        return str(name)

    def value(self) -> str:
        """The text of the next value. It is taken whole."""
        self.peek()
        wanted = _CHUNK
        while True:
            try:
                _, end = _SCAN(self._held, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                # It may only go on behind what is held.
                limit = self._limits.record
                if len(self._held) - self._at <= limit and self._more(wanted):
                    wanted = min(wanted * 2, limit)
                    continue
                if len(self._held) - self._at > limit:
                    raise SettingError(self._too_long()) from None
                self._at = getattr(error, "pos", self._at)
                self.fail(getattr(error, "msg", "it is nested too deeply"))
            # A number may go on behind what is held.
            if self._held[end : end + 1] not in _BEHIND and self._more(wanted):
                continue
            if end - self._at > self._limits.record:
                raise SettingError(self._too_long())
            text = self._held[self._at : end]
            self._at = end
            return text

    def fail(self, what: str) -> NoReturn:
        """Says where the document is broken."""
        line = self._line_here()
        raise SettingError(
            Problem(
                "json_broken",
                f"{self._name} is not a JSON document: {what[:1].lower()}{what[1:]}, in line "
                f"{line}.",
                "Fetch it again or correct it; a file with one object a line is `format: jsonl`.",
                path="path",
                at=f"{self._name} line {line}",
            )
        )

    def _line_here(self) -> int:
        return self._line + self._held.count("\n", 0, self._at)

    def _too_long(self) -> Problem:
        at = f"{self._name} line {self._line_here()}"
        return too_long(
            f"A value that begins in line {self._line_here()} of {self._name}",
            self._limits,
            at,
            "It may never be closed.",
        )._replace(path="record_megabytes")

    def _more(self, wanted: int) -> bool:
        """Whether more of the document could be held; what was passed is let go of."""
        if self._ended:
            return False
        self._line += self._held.count("\n", 0, self._at)
        chunk = self._file.read(wanted)
        self._ended = not chunk
        try:
            self._held = self._held[self._at :] + self._decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            self._at = 0
            self.fail(f"it is not UTF-8 (0x{error.object[error.start]:02x})")
        self._at = 0
        return True


def _kind(char: str) -> str:
    kinds = {"{": "an object", "[": "a list", '"': "text", "": "nothing"}
    return kinds.get(char, "a plain value")


def _no_list(
    settings: ReadSettings, steps: int, found: str, names: list[str] | None = None
) -> SettingError:
    where = f"At {'.'.join(settings.at[:steps])!r} in" if steps else "At the top of"
    likely = next((name for name in names or () if name in ("data", "items", "records")), "items")
    return SettingError(
        Problem(
            "no_list",
            f"{where} {settings.name} there is no list of records, but {found}.",
            f"State where the list stands, such as `at: {likely}`.",
            path="at" if settings.at else "path",
            value=".".join(settings.at),
        )
    )


_REST = 1 << 16


def ready_json_lines(settings: ReadSettings) -> Ready:
    """Raises SettingError when the file can't be opened."""
    with reading(settings.stored) as file:
        file.read(1)
    return Ready(settings, lambda: json_lines(settings))


def json_lines(settings: ReadSettings) -> Reads:
    """Every line that is not blank, in the order of the file. Where a name stands twice in an
    object, its last value counts. Raises SettingError when the file can't be read to its end."""
    name = settings.name
    with reading(settings.stored) as file:
        limits = settings.limits
        for number, line in enumerate(_lines(file, limits.record), start=1):
            raw = line.strip()
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if not raw:
                yield None
                continue
            at = f"{name} line {number}"
            if len(line) > limits.record:
                kept = raw[:KEPT].decode("utf-8", "replace")
                problem = too_long("The line", limits, at)._replace(value=shown(kept))
                yield msgspec.json.encode({"text": kept}), at, problem
                continue
            try:
                value = orjson.loads(raw)
            except orjson.JSONDecodeError as error:
                yield _faulty_line(raw, at, f"The line is not JSON: {error}.")
                continue
            if isinstance(value, dict):
                yield raw, at, None
            else:
                yield _faulty_line(raw, at, "The line is JSON, but not an object.")


def _lines(file: BinaryIO, limit: int) -> Iterator[bytes]:
    """The lines; of one that is longer than `limit` its beginning and one byte more."""
    while line := file.readline(limit + 1):
        if len(line) > limit:
            rest = line
            while not rest.endswith(b"\n") and (rest := file.readline(_REST)):
                pass
        yield line


def _faulty_line(raw: bytes, at: str, message: str) -> Read:
    text = raw.decode("utf-8", "replace")
    problem = Problem(
        "line_unreadable",
        message,
        "Correct the line; each has to hold one JSON object in UTF-8.",
        value=shown(text),
        at=at,
    )
    return msgspec.json.encode({"text": text}), at, problem
