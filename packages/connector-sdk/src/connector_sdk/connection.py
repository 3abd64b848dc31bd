"""One opened account of a system, and the sources and targets that it gives."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from connector_sdk.activity import Activity, Choice, Form, Guarantee, Plan, Tested
from connector_sdk.guard import Guarded
from connector_sdk.record import Body, Call, Cursor, Outcome, Page, Prepared, Problem, Request
from connector_sdk.schema import Schemas


class Marked(NamedTuple):
    """An object that a call with this `key` made. `failed` says that the call was declined all
    the same: a payment that was made and not paid."""

    key: str
    id: str
    failed: bool = False


@runtime_checkable
class Marking(Protocol):
    """What a target offers beside `Target` where it can list what carries a key."""

    def shelf(self, body: Body) -> bytes | None:
        """Where the object that this request makes is to be found: the same bytes for all that
        stand together. None where it carries no key, or can't be listed."""
        ...

    def marked(self, shelf: bytes) -> AsyncGenerator[Marked, None]:
        """All objects of a shelf that carry a key. Raises CredentialError, UnreachableError,
        and RefusedError where the other system does not list them."""
        ...


Mode = Literal["live", "test", "sandbox", "none"]


class Source(Protocol):
    """Reads records of one activity, in an order that stays the same across a resume."""

    def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Pages behind the cursor `after`, from the start with None. A page's cursor is valid
        in another process and at another time. Raises SourceChangedError when what stands
        before the cursor is no longer what was read, CredentialError, UnreachableError."""
        ...

    async def total(self) -> int | None:
        """About how many records there are from the start, so that a person sees how long a
        run will take; None where that can't be known cheaply."""
        ...

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """Called once a run that read the source to its end is over and stored as finished:
        every record before `after`, the last cursor, has its outcome. A source that puts away
        what was read does it here, and tells what it could not put away; for the others there
        is nothing to do. It may never come: a run that was ended by force is not told of."""
        ...


class Target(Protocol):
    """Writes the requests of one activity."""

    guarantee: Guarantee
    horizon: float
    """Seconds after the first send within which the same key is safe; 0 where keys don't
    matter. Beyond it, `settle` comes before another send."""

    def clock(self) -> float | None:
        """Unix seconds by the clock that keys are kept by; None where it is not known. Times
        of first sends are taken from it, so that a wrong clock of this machine does no harm."""
        ...

    def prepare(self, request: Request, existing: str = "") -> Prepared:
        """The call for one request, checked against the schema and encoded; makes no call
        itself. With `existing`, the id of an object that an earlier run wrote, the call that
        updates it. A Problem names the field in `path`; a request with several faults may get
        a tuple of them."""
        ...

    def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        """Sends calls as they come and yields outcomes as they finish, in any order. Takes
        calls only as fast as it can send them: a call that was taken counts as sent. Raises
        CredentialError and UnreachableError when going on makes no sense; calls without an
        outcome then stay pending."""
        ...

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        """What became of calls whose answer is not known, found out without sending them
        again. None: surely not there, send it."""
        ...

    async def position(self) -> Cursor:
        """Makes all that was written so far durable and says where it ends; b"" where the
        target keeps none."""
        ...

    async def finish(self, complete: bool) -> None:
        """Ends the writing. Only with `complete` does what was written become visible where
        a target is positioned; without, it stays aside for a resume."""
        ...


@runtime_checkable
class TransactionalTarget(Target, Protocol):
    """A target with the guarantee "transactional". Rows that were written become durable with
    `commit` only, or with `finish(True)`; `finish(False)` and a crash take back what was written
    since. Raises as `write` does."""

    async def commit(self, run: str, mark: bytes) -> None:
        """Makes the rows written so far durable together with the mark of the run, in one
        transaction. The mark replaces the one before and may hold several kilobytes."""
        ...

    async def committed(self, run: str) -> bytes | None:
        """The mark of the run's last commit; None where there was none."""
        ...


@runtime_checkable
class LineTarget(Target, Protocol):
    """A target that can take records as they are read. Where nothing is mapped, a run hands it
    whole pages instead of calls."""

    takes_lines: bool
    """Whether this one does, with its settings."""

    async def append(self, lines: bytes, count: int) -> None:
        """Writes `count` compact JSON objects, one a line, as if each had come as a call and was
        "written". Raises as `write` does."""
        ...


class Connection(Protocol):
    """An opened connection. Close it with `close`."""

    mode: Mode

    async def test(self) -> Tested:
        """One cheap call that tells whether the settings work. Raises nothing for what a
        test is there to find."""
        ...

    async def scope(self) -> str:
        """Who owns keys, identities and pace: "account 1/live". Raises CredentialError and
        UnreachableError."""
        ...

    async def choices(self, type: str, chosen: Sequence[str]) -> Sequence[Choice]:
        """The rows of the next level of an activity type, after `chosen`. In the place of a
        level that only leads to others, "" stands for all of its rows."""
        ...

    def settings(self, type: str, chosen: Sequence[str]) -> Form:
        """The settings of an activity with these choices."""
        ...

    async def schemas(self, activity: Activity) -> Schemas:
        """What the activity takes and gives. Raises SettingError."""
        ...

    async def check(self, activity: Activity) -> Sequence[Problem]:
        """Every fault of the activity's settings that shows without calling the system;
        `path` and `span` lead to the place in the project file. What may be right after all is
        a warning."""
        ...

    async def guard(self, activity: Activity) -> Guarded | None:
        """What a person has to allow before this target does it; None where nothing moves money
        or can't be undone, where the account isn't live, and where the activity allows it by its
        setting `irreversible`. `check` warns of it. Raises SettingError."""
        ...

    async def plan(self, activity: Activity, records: int | None = None) -> Plan:
        """What the activity is going to call, found out without a call. `records` is how many
        there are to choose from, or to write; None where nobody knows. Raises SettingError."""
        ...

    async def source(self, activity: Activity, requests: Source | None = None) -> Source:
        """With `requests` the activity is asked once for each of its records, whose fields
        stand for `${record:…}` in the settings that take templates; a cursor then leads to a
        place in both. Raises SettingError for a faulty activity, for one that needs
        `requests`, and for one that can't use them."""
        ...

    async def target(self, activity: Activity, resume: Cursor | None = None) -> Target:
        """With `resume` the position at which an interrupted run goes on; what stands
        behind it is cut off. Raises SettingError for a faulty activity, and where `guard` concerns
        every request (where it concerns some, `prepare` refuses those); TargetLostError where
        what was written before that position is gone or changed."""
        ...

    async def close(self) -> None:
        """Gives back what the connection holds. May be called twice."""
        ...
