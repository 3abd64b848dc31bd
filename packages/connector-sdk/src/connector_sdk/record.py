"""What flows between a source, its runner and a target: records, calls, outcomes and problems.

Hot values are named tuples, so that a run of a million records stays cheap. Every value here
survives `decode(type, encode(value))`: the contract is JSON at its border.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar, overload

import msgspec

from connector_sdk.terminal import visible

if TYPE_CHECKING:
    JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
else:  # msgspec can't decode an alias that names itself
    JSON = Any
Cursor: TypeAlias = bytes
"""Where a source goes on, or where a target's file ends: opaque to the runner, JSON inside."""

Kind = Literal["written", "skipped", "refused", "failed", "unknown"]
"""What became of a record at one step, from best to worst.

written  the target has it.
skipped  nothing had to be done: it was there already, or the operation passes it over.
refused  the record or the request was declined for good; mend the record.
failed   a look found that it was not done, for a reason outside the record; send it again,
         with the same key.
unknown  it may or may not have been done; a person, or a later settle, has to look.
"""

KINDS: tuple[Kind, ...] = ("written", "skipped", "refused", "failed", "unknown")


_WIDTH = 76
_BEFORE = 40
"""Characters of a setting that are shown around a fault, and before it."""


class Problem(NamedTuple):
    """One fault, told so that a person can act on it.

    `message` says what happened, `remedy` what to do next; both are whole sentences without
    secrets. A `warning` keeps nothing from running. The other parts say where: `path` is the
    field of the request or the setting, `at` the source record ("contacts.csv row 17"),
    `line` the place in the project ("operations/import contacts.yaml:12:5"), `span` the start
    and end in the text of a setting, `request_id` the call at the other system.
    """

    code: str
    message: str
    remedy: str = ""
    path: str = ""
    value: str = ""
    at: str = ""
    line: str = ""
    span: tuple[int, int] | None = None
    request_id: str = ""
    status: int = 0
    type: str = ""
    warning: bool = False

    def text(self) -> str:
        """Everything known of this problem on one line, for a terminal or a log."""
        places = [place for place in (self.at, self.line) if place]
        if self.path and self.path not in self.message:
            places.append(self.path)
        if self.request_id:
            places.append(f"request {self.request_id}")
        where = f" ({', '.join(places)})" if places else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return visible(f"{self.message}{where}{remedy}", one_line=True)

    def pointed(self) -> str:
        """The text of the setting with a mark below the fault, on two lines; "" where it isn't
        known where in the text that is."""
        if self.span is None or not self.value or self.span[1] > len(self.value):
            return ""
        start, end = self.span
        first = self.value.rfind("\n", 0, start) + 1
        line = self.value[first:].partition("\n")[0].replace("\t", " ")
        start, end = start - first, min(end - first, len(line))
        left = max(0, start - _BEFORE)
        shown = line[left : left + _WIDTH]
        marks = "^" * max(1, min(end, left + _WIDTH) - start)
        return f"{shown}\n{' ' * (start - left)}{marks}"


class Record(NamedTuple):
    """One source record: `raw` is one JSON object in UTF-8, `at` its place for people.

    `seq` counts from 1 in the order of the source and stays the same when a run is resumed.
    A record that the source could not read whole carries the `problem` instead of being lost;
    its `raw` then holds what there was.
    """

    seq: int
    raw: bytes
    at: str = ""
    problem: Problem | None = None


_BRACE = ord("{")


class RawRecords(Sequence[Record]):
    """Records of a source that has each as compact JSON. They are made when asked for, so that a
    page may reach a `LineTarget` as bytes."""

    __slots__ = ("_first", "_place", "_rows")

    def __init__(self, first: int, rows: Sequence[bytes], place: Callable[[bytes], str]) -> None:
        """`first` is the number of the first record; `place` gives the place of a raw one."""
        self._first = first
        self._rows = rows
        self._place = place

    def lines(self) -> bytes:
        """All of them, a line each; b"" if one is not an object."""
        if any(memoryview(row)[0] != _BRACE for row in self._rows):
            return b""
        return b"\n".join((*self._rows, b""))

    def values(self) -> list[Any]:
        """All of them, decoded."""
        found: list[Any] = msgspec.json.decode(b"[%b]" % b",".join(self._rows))
        return found

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Record: ...

    @overload
    def __getitem__(self, at: slice) -> "RawRecords": ...

    def __getitem__(self, at: int | slice) -> "Record | RawRecords":
        if isinstance(at, slice):
            first = self._first + at.indices(len(self._rows))[0]
            return RawRecords(first, self._rows[at], self._place)
        raw = bytes(self._rows[at])
        return Record(self._first + at % len(self._rows), raw, self._place(raw))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class Page(NamedTuple):
    """A batch of records and the cursor that goes on behind the last of them.

    `filtered` counts what the source itself passed over since the page before.
    """

    records: Sequence[Record]
    after: Cursor
    filtered: int = 0


class Request:
    """A request for a target: the values that a mapping made, or a record as its source gave it.
    Each form is made from the other at most once."""

    __slots__ = ("_compact", "_raw", "_values")

    def __init__(self, raw: bytes | None = None, values: dict[str, JSON] | None = None) -> None:
        """Of the JSON in UTF-8, or of the values."""
        self._raw = raw
        self._values = values
        self._compact = values is not None

    @property
    def compact(self) -> bytes:
        """The same without the blanks between its parts. Raises ValueError as `raw` does, and
        where it isn't JSON."""
        if not self._compact:
            self._raw = msgspec.json.format(self.raw, indent=-1)
            self._compact = True
        return self.raw

    @property
    def raw(self) -> bytes:
        """One JSON value in UTF-8. Raises ValueError for values that JSON can't express."""
        if self._raw is None:
            self._raw = msgspec.json.encode(self._values)
        return self._raw

    @property
    def values(self) -> dict[str, JSON]:
        """Its fields. Raises ValueError where it isn't one JSON object."""
        if self._values is None:
            value = msgspec.json.decode(self._raw or b"")
            if not isinstance(value, dict):
                raise ValueError("it is not a JSON object")
            self._values = value
        return self._values


Prepared: TypeAlias = "Body | Problem | tuple[Problem, ...]"
"""What `Target.prepare` gives: the call, or what is wrong with the request."""


def one_problem(problems: "Problem | Sequence[Problem]") -> Problem:
    """One Problem that names all: a record is corrected in one go."""
    if isinstance(problems, Problem):
        return problems
    first = problems[0]
    if len(problems) == 1:
        return first
    more = "; ".join(problem.message.rstrip(".") for problem in problems[1:])
    return first._replace(message=f"{first.message} Also: {more}.")


class Body(NamedTuple):
    """A request as it will be sent and as an intent stores it.

    `json` is the target's own encoding, always one JSON value. `lock` names the object that
    must not be written twice at once; "" where order does not matter. `action` says what the
    call does there ("contacts.create"): it is part of the key.
    """

    json: bytes
    action: str = ""
    lock: str = ""


class Call(NamedTuple):
    """One write to do. `key` makes a repeat harmless; `first_sent` is the Unix time in
    seconds at which it may have been sent first, None when it surely was not. `synced` says
    that this time is by the target's clock; otherwise it is by this machine's, which may be
    wrong by any amount."""

    seq: int
    step: int
    key: str
    attempt: int
    first_sent: float | None
    body: Body
    synced: bool = False


class Outcome(NamedTuple):
    """What became of one call. `id` is the object's id in the target, `response` its JSON.

    An `open` refusal came after a send whose answer was lost: it only holds if a look at the
    target (`Target.settle`) doesn't find the write. `unknown` is always open.
    """

    seq: int
    step: int
    kind: Kind
    id: str = ""
    request_id: str = ""
    replayed: bool = False
    response: bytes | None = None
    problem: Problem | None = None
    open: bool = False


class Limit(NamedTuple):
    """A ceiling that the other system sets: `per_second` sends, `burst` at once, and at most
    `in_flight` unanswered ones (0: no such ceiling)."""

    name: str
    per_second: float
    burst: float = 1.0
    in_flight: int = 0


T = TypeVar("T")


def encode(value: object) -> bytes:
    """The JSON of any value of the contract."""
    return msgspec.json.encode(value, enc_hook=list)  # RawRecords


def decode(kind: type[T] | Any, data: bytes) -> T:
    """The value of the contract that `encode` made. Raises msgspec.ValidationError."""
    value: T = msgspec.json.decode(data, type=kind)
    return value
