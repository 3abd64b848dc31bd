"""The smallest connector that keeps every promise, and ways to break one."""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import cast

from connector_sdk import (
    CONTRACT,
    JSON,
    Activity,
    ActivityType,
    Body,
    Call,
    Choice,
    Connection,
    Field,
    Form,
    Guarantee,
    Guarded,
    Host,
    MemoryHost,
    Mode,
    Outcome,
    Page,
    Plan,
    PlannedCall,
    Problem,
    Record,
    Schemas,
    SettingError,
    Source,
    Target,
    Tested,
    conform,
    did_you_mean,
)
from connector_sdk.conformance import Subject

PERSON = Field(
    name="person",
    type="object",
    fields=(Field("name", "string", required=True), Field("age", "integer")),
)
THINGS = ("people", "places")


class MemoryConnector:
    """Keeps everything in this object. `faults` names the promises that it breaks."""

    name = "memory"
    label = "Memory"
    version = "1.0.0"
    contract = CONTRACT
    oldest_agent = "10.1"
    logger = "memory"

    def __init__(self, *faults: str) -> None:
        self.faults = frozenset(faults)
        self.kept: dict[str, bytes] = {}
        self.opened = 0

    def form(self) -> Form:
        return Form((Field("token", "string", required=True, secret=True),))

    def activity_types(self) -> Sequence[ActivityType]:
        levels = ("object",)
        return (
            ActivityType("read", "source", "Read", "Reads things.", levels),
            ActivityType("write", "target", "Write", "Writes things.", levels),
        )

    async def connect(self, settings: Mapping[str, JSON], host: Host) -> Connection:
        if "takes any setting" not in self.faults:
            fitted = conform(self.form().as_field(), cast("JSON", dict(settings)))
            if fitted.problems:
                raise SettingError(*fitted.problems)
        self.opened += 1
        return MemoryConnection(self, str(settings.get("token")))


class MemoryConnection:
    mode: Mode = "none"

    def __init__(self, connector: MemoryConnector, token: str) -> None:
        self.connector = connector
        self.token = token
        self.closed = False

    def __repr__(self) -> str:
        shown = self.token if "shows its secret" in self.connector.faults else "…"
        return f"MemoryConnection({shown})"

    async def test(self) -> Tested:
        ok = "fails its test" not in self.connector.faults
        return Tested(ok, problem=None if ok else Problem("down", "It is down.", "Wait."))

    async def scope(self) -> str:
        changing = "changes its scope" in self.connector.faults
        return f"memory/{self.connector.opened}" if changing else "memory"

    async def choices(self, type: str, chosen: Sequence[str]) -> Sequence[Choice]:
        rows = THINGS[1:] if "hides a choice" in self.connector.faults else THINGS
        return [] if chosen else [Choice(name, name.capitalize()) for name in rows]

    def settings(self, type: str, chosen: Sequence[str]) -> Form:
        size = Field("size", "integer", default=4)
        return Form((size,) if type == "read" else ())

    async def schemas(self, activity: Activity) -> Schemas:
        return Schemas(PERSON, PERSON)

    async def check(self, activity: Activity) -> Sequence[Problem]:
        if "checks nothing" in self.connector.faults:
            return []
        if activity.on not in THINGS:
            hint = did_you_mean(activity.on, THINGS)
            return [Problem("unknown", f"There is no {activity.on!r}.", hint, path="on")]
        form = self.settings(activity.type, [activity.on])
        return conform(form.as_field(), cast("JSON", dict(activity.settings))).problems

    async def guard(self, activity: Activity) -> Guarded | None:
        return None

    async def plan(self, activity: Activity, records: int | None = None) -> Plan:
        calls = PlannedCall(f"{activity.type} {activity.on}", expected=records)
        return Plan(
            (calls,), () if "has no words" in self.connector.faults else ("One call each.",)
        )

    async def source(self, activity: Activity, requests: Source | None = None) -> Source:
        await self._refuse_faulty(activity)
        if requests is not None and "passes requests over" not in self.connector.faults:
            raise SettingError(Problem("not_driven", "There is nothing to ask for.", "Don't."))
        return MemorySource(self.connector.faults, int(cast("int", activity.settings["size"])))

    async def target(self, activity: Activity, resume: bytes | None = None) -> Target:
        await self._refuse_faulty(activity)
        return MemoryTarget(self.connector)

    async def close(self) -> None:
        if self.closed and "can't be closed twice" in self.connector.faults:
            raise RuntimeError("closed already")
        self.closed = True

    async def _refuse_faulty(self, activity: Activity) -> None:
        problems = await self.check(activity)
        if problems:
            raise SettingError(*problems)


class MemorySource:
    """Ten records in pages of `size`."""

    def __init__(self, faults: frozenset[str], size: int) -> None:
        self.faults = faults
        self.size = size

    async def total(self) -> int | None:
        return -1 if "has a negative total" in self.faults else 10

    async def finish(self, after: bytes) -> Sequence[Problem]:
        if "ends in silence" in self.faults:
            return [Problem("", "")]
        return ()

    async def read(self, after: bytes | None) -> AsyncGenerator[Page, None]:
        done = int(after or b"0")
        if after and "repeats a record" in self.faults:
            done -= 1
        if after and "loses a record" in self.faults:
            done += 1
        while done < 10:
            upto = min(done + self.size, 10)
            first = 0 if "counts each page anew" in self.faults else done
            records = [self.record(first + n, done + n) for n in range(1, upto - done + 1)]
            done = upto
            yield Page(records, str(done).encode())

    def record(self, seq: int, number: int) -> Record:
        text = f'["{number}"]' if "gives lists" in self.faults else f'{{"name":"{number}"}}'
        return Record(seq, text.encode())


class MemoryTarget:
    guarantee: Guarantee = "keyed"
    horizon = 3600.0

    def __init__(self, connector: MemoryConnector) -> None:
        self.kept = connector.kept
        self.faults = connector.faults
        self.prepared = 0

    def clock(self) -> float | None:
        return time.time()

    def prepare(self, request: bytes, existing: str = "") -> Body | Problem:
        self.prepared += 1
        try:
            value = json.loads(request)
        except ValueError:
            return Problem("not_json", "This is not JSON.", "Mend it.")
        fitted = conform(PERSON, value)
        if fitted.problems and "prepares anything" not in self.faults:
            return fitted.problems[0]
        if "prepares with side effects" in self.faults:
            self.kept[f"prepared {self.prepared}"] = request
        action = f"write {self.prepared}" if "prepares differently" in self.faults else "write"
        return Body(json.dumps(fitted.value).encode(), action)

    async def write(self, calls: AsyncIterator[Call]) -> AsyncGenerator[Outcome, None]:
        async for call in calls:
            key = f"{call.key} {len(self.kept)}" if "doubles" in self.faults else call.key
            self.kept[key] = call.body.json
            if "swallows an outcome" in self.faults and call.seq == 2:
                continue
            yield Outcome(call.seq, call.step, "written", f"id of {key}")

    async def settle(self, calls: Sequence[Call]) -> Sequence[Outcome | None]:
        everything = "settles anything" in self.faults
        return [
            Outcome(call.seq, call.step, "written", f"id of {call.key}")
            if everything or call.key in self.kept
            else None
            for call in calls
        ]

    async def position(self) -> bytes:
        return b""

    async def finish(self, complete: bool) -> None:
        return


def subject_of(connector: MemoryConnector) -> Subject:
    async def held() -> int:
        return len(connector.kept)

    source = Activity("all", "read", "people", settings={"size": 4})
    return Subject(
        connector=connector,
        settings={"token": "s3cret-token"},
        wrong_settings=[({}, "token"), ({"token": {}}, "token")],
        source=source,
        target=Activity("new", "write", "people"),
        good=[b'{"name":"n%d","age":"%d"}' % (n, n) for n in range(5)],
        bad=[(b'{"age":1}', "name"), (b'{"name":"a","age":"old"}', "age")],
        faults=[
            (Activity("a", "read", "peple", settings={"size": 4}), "on"),
            (Activity("a", "read", "people", settings={"size": "x"}), "size"),
        ],
        held=held,
        host=MemoryHost(),
    )
