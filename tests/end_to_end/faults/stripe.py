"""A Stripe with honest keys and dishonest weather: what is applied and remembered is the
sandbox's, what comes back over the wire is drawn by chance."""

import asyncio
import socket
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

import orjson
from stripe_connector.sandbox.api import Api
from stripe_connector.sandbox.keys import Keys
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.registry import standard
from stripe_connector.sandbox.request import Answer, Fault, SandboxRequest
from stripe_connector.sandbox.store import Ids, Store, Stored

from tests.end_to_end.faults import weather as w
from tests.end_to_end.faults.answers import HOSTILE, VAST, Reply, refusal
from tests.end_to_end.faults.weather import Denial, Weather

KEY_HORIZON = 86_400.0
KEY = "sk_test_faults"

_RESET = struct.pack("ii", 1, 0)
_VAST_SHARE = 40
_ACCOUNT = "/v1/account"


class FaultyStripe:
    """Serves on the loopback address. `ahead` is by how many seconds its clock, which its answers
    carry and its keys are kept by, differs from the machine's. `patience` is how many seconds the
    client waits for an answer. During an `outage` no write succeeds. `on_event` is awaited with
    each "write" and "read" as it comes, and with "done" once a write may have been applied."""

    def __init__(self, seed: int, weather: Weather, patience: float) -> None:
        self.weather = weather
        self.ahead = 0.0
        self.patience = patience
        self.outage = False
        self.met = Counter[str]()
        self.writes = 0
        self.lookups = 0
        self.on_event: Callable[[str], Awaitable[None]] | None = None
        self.address = ""
        self._store = Store("acct_1FaultySuite00")
        self._api = Api(standard(), self._store, None, Keys(KEY_HORIZON), Ids(seed))
        self._numbers = Counter[str]()
        self._denials: dict[str, Denial] = {}
        self._number = 0
        self._told: dict[str, list[str]] = {}
        self._held: set[str] = set()
        self._late: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> "FaultyStripe":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        await self.settled()
        for writer in self._open.values():
            writer.transport.abort()
        while self._open:
            await asyncio.wait(set(self._open))

    async def settled(self) -> None:
        """Waits until what was held back has been applied."""
        while self._late:
            await asyncio.wait(set(self._late))

    def now(self) -> float:
        return time.time() + self.ahead

    # the truth

    def make(self, path: str, params: dict[str, str]) -> str:
        """The id of an object that is there before anything is written."""
        answer = self._apply(self._opened("POST", path, "", {}, urlencode(params).encode()))
        assert answer.status == 200, answer.body
        return str(orjson.loads(answer.body)["id"])

    def rows(self, resource: str) -> list[Stored]:
        """All objects that were ever made of a resource, deleted ones included."""
        found = self._store.account(self._store.own).collections.get(resource)
        return list(found.rows) if found else []

    def story(self, key: str) -> str:
        """What requests with this key met, in their order."""
        return f"{key[-6:]}: {', '.join(self._told.get(key, ()))}"

    # the wire

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._one(reader, writer):
                    pass
        finally:
            writer.close()
            del self._open[task]

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Takes one request; False where the connection ends with it."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers.get("Content-Length", "0")))
        path, _, query = target.partition("?")
        try:
            request = self._opened(method, path, query, headers, body)
        except RefusalError as fault:
            return await self._send(writer, _reply(self._api.refused(fault, "req_0")))
        if path == _ACCOUNT:
            return await self._send(writer, self._honest(request))
        return await self._answer(request, writer)

    async def _answer(self, request: SandboxRequest, writer: asyncio.StreamWriter) -> bool:
        writes = request.method != "GET"
        token = request.key or f"{request.method} {request.path}"
        self._numbers[token] += 1
        told = self._told.setdefault(token, [])
        number = self._numbers[token]
        await self._tell("write" if writes else "read")
        fate = (self.weather.write if writes else self.weather.read)(token, number)
        if writes and self.outage:
            self.met["outage"] += 1
            told.append("outage")
            return await self._outage(token, number, writer)
        denial = self._denials.get(token)
        if writes and denial is not None and not self.weather.calm:
            self._denials[token] = denial._replace(times=denial.times - 1)
            if denial.times:
                self.met[f"{denial.status} after a lost answer"] += 1
                told.append(f"{denial.status} {denial.code}")
                return await self._send(writer, refusal(*denial[:3]))
        if fate == w.DENIED and token in self._held:
            fate = w.GOOD  # no refusal while the first one is at work
        self.met[f"{request.method} {fate}"] += 1
        told.append(f"{fate} at {self.now():.0f}")
        reply = self._meet(request, fate, f"{token} {number}")
        if fate in w.UNANSWERED and writes and token not in self._denials:
            denied = self.weather.denial(token)
            if denied is not None:
                self._denials[token] = denied
        if writes and fate not in (w.EARLY, w.BUSY, w.BROKEN, w.DENIED, w.LATE):
            await self._tell("done")
        if fate == w.LATE:
            self._hold(request, token)
        if fate in (w.SLOW, w.LATE):
            await asyncio.sleep(1.5 * self.patience)
        if reply is None:
            return _reset(writer)
        return await self._send(writer, reply, whole=fate != w.CUT)

    def _meet(self, request: SandboxRequest, fate: str, token: str) -> Reply | None:
        """What the request comes to; None where its connection ends without an answer."""
        choice = self.weather.choice
        match fate:
            case w.GOOD | w.CUT | w.SLOW:
                return self._honest(request)
            case w.LOST:
                self._honest(request)
                return None
            case w.EARLY | w.LATE:
                return None
            case w.BUSY:
                return refusal(
                    429,
                    "invalid_request_error",
                    "rate_limit",
                    Stripe_Rate_Limited_Reason="endpoint-rate",
                )
            case w.BROKEN | w.BROKEN_DONE:
                if fate == w.BROKEN_DONE:
                    self._honest(request)
                status = (500, 502, 503, 504)[choice(token, 4)]
                return refusal(status, "api_error" if status == 500 else "")
            case w.STORED | w.STORED_DONE:
                return self._store_failure(request, done=fate == w.STORED_DONE)
            case w.HOSTILE | w.HOSTILE_DONE:
                if fate == w.HOSTILE_DONE:
                    self._honest(request)
                vast = not choice(f"vast {token}", _VAST_SHARE)
                bodies = VAST if vast else HOSTILE
                return bodies[choice(token, len(bodies))]
            case w.DENIED:
                return refusal(400, "invalid_request_error", "parameter_invalid_empty")
        raise AssertionError(fate)

    async def _outage(self, token: str, number: int, writer: asyncio.StreamWriter) -> bool:
        """Every write fails for a reason that is not its own."""
        kind = self.weather.choice(f"outage {token} {number}", 3)
        if kind == 0:
            return _reset(writer)
        return await self._send(writer, refusal(503, "api_error" if kind == 1 else ""))

    async def _tell(self, what: str) -> None:
        if what == "write":
            self.writes += 1
        elif what == "read":
            self.lookups += 1
        if self.on_event is not None:
            await self.on_event(what)

    async def _send(
        self, writer: asyncio.StreamWriter, reply: Reply, *, whole: bool = True
    ) -> bool:
        self._number += 1
        headers = {
            "Content-Type": "application/json",
            "Request-Id": f"req_{self._number}",
            "Date": formatdate(self.now(), usegmt=True),
            **dict(reply.headers),
            "Content-Length": str(len(reply.body)),
        }
        lines = [f"HTTP/1.1 {reply.status} X", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
        body = reply.body if whole else reply.body[: len(reply.body) // 2]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        return whole

    # Stripe itself

    def _opened(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> SandboxRequest:
        self._number += 1
        given = {"Authorization": f"Bearer {KEY}", **headers}
        name = f"req_{self._number}"
        return self._api.open(self._number, name, method, path, query, given, body, self.now())

    def _honest(self, request: SandboxRequest) -> Reply:
        """The answer by Stripe's rules for keys."""
        try:
            known = self._api.begin(request, self.now())
        except RefusalError as fault:
            return _reply(self._api.refused(fault, request.id))
        return _reply(known if known is not None else self._apply(request))

    def _apply(self, request: SandboxRequest) -> Answer:
        try:
            return self._api.run(request, self.now())
        finally:
            self._api.end(request)

    def _store_failure(self, request: SandboxRequest, *, done: bool) -> Reply:
        """A failure of Stripe's own, which it repeats to the key from then on."""
        try:
            known = self._api.begin(request, self.now())
        except RefusalError as fault:
            return _reply(self._api.refused(fault, request.id))
        if known is not None:
            return _reply(known)
        if done:
            self._apply(request)
        self._api.end(request)
        return _reply(self._api.remember(request, Fault(500), self.now()))

    def _hold(self, request: SandboxRequest, token: str) -> None:
        """Applies the request only when the client has given up waiting."""
        try:
            known = self._api.begin(request, self.now())
        except RefusalError:
            return
        if known is not None:
            return
        self._held.add(token)

        async def later() -> None:
            await asyncio.sleep(1.3 * self.patience)
            self._apply(request)
            self._held.discard(token)
            await self._tell("done")

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)


def _reply(answer: Answer) -> Reply:
    return Reply(answer.status, answer.body, tuple(answer.headers.items()))


def _reset(writer: asyncio.StreamWriter) -> bool:
    """Ends the connection at once and unheard."""
    taken = writer.get_extra_info("socket")
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
    return False
