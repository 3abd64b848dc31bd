"""The sandbox on the network: HTTP on the loopback interface."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import orjson
from aiohttp import web

from stripe_connector.catalogue import load
from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.access import Permissions, require_local
from stripe_connector.sandbox.api import Api
from stripe_connector.sandbox.journal import Journal
from stripe_connector.sandbox.keys import Keys
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.registry import standard
from stripe_connector.sandbox.request import Answer, Fault, SandboxRequest
from stripe_connector.sandbox.store import Ids, Searching, Store

Hook = Callable[[SandboxRequest], Awaitable[Fault | None]]
Clock = Callable[[], float]

HOST = "127.0.0.1"
_LOG = logging.getLogger(__name__)
MAX_BODY = 32 * 1024 * 1024
"""Largest body in bytes."""

_SHUTDOWN_SECONDS = 1.0
"""Seconds for open requests when the sandbox stops."""


class Sandbox:
    """A small Stripe: `async with Sandbox() as sandbox`, then `sandbox.address` is the base URL.

    `data` is the file that keeps the state, None for memory only. `port` 0 takes a free one.
    `key_horizon` is how many seconds an idempotency key is remembered. With `seed` the same
    requests to the same state give the same ids. `clock` gives Unix
    seconds. `searching` delays or refuses searches. `restricted` has the
    permissions of restricted keys ("rak_customer_read"); raises UnknownPermissionError.

    `on_request` is awaited before a request is carried out, `on_answer` after its changes are
    stored; each may return a Fault to answer instead. Both see replayed requests, but none that was
    turned away (401, unknown path). `requests` counts by method and path template ("POST
    /v1/customers").

    Starting raises AlreadyServedError if another process serves the file, OSError if the port is
    taken.
    """

    def __init__(
        self,
        data: Path | None = None,
        port: int = 0,
        key_horizon: float = 86400.0,
        seed: int | None = None,
        clock: Clock = time.time,
        searching: Searching | None = None,
        restricted: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._permissions = Permissions(load(), restricted) if restricted else None
        self.on_request: Hook | None = None
        self.on_answer: Hook | None = None
        self.requests: Counter[str] = Counter()
        self.address = ""
        self.account = ""
        self.last_used = time.monotonic()
        self._data = data
        self._port = port
        self._bound = port
        self._keys = Keys(key_horizon)
        self._seed = seed
        self._ids = Ids(seed)
        self._clock = clock
        self._searching = searching
        self._number = 0
        self._busy: set[asyncio.Task[Any]] = set()
        self._journal: Journal | None = None
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> "Sandbox":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        fresh = self._ids.id("acct")
        self._journal = Journal(self._data) if self._data else None
        try:
            store = self._journal.load(fresh) if self._journal else Store(fresh)
            self.account = store.own
            if self._seed is not None and store.last_seq:
                self._ids = Ids(self._seed + (store.last_seq << 32))  # other ids than before
            self._api = Api(
                standard(),
                store,
                self._journal,
                self._keys,
                self._ids,
                self._searching,
                self._permissions,
            )
            self._runner = web.ServerRunner(
                web.Server(self._handle, access_log=None), shutdown_timeout=_SHUTDOWN_SECONDS
            )
            await self._runner.setup()
            site = web.TCPSite(self._runner, HOST, self._port)
            await site.start()
        except BaseException:
            await self.stop()
            raise
        self._bound = int(self._runner.addresses[0][1])
        self.address = f"http://{HOST}:{self._bound}"
        if self._journal:
            self._journal.serve_at(self.address)

    async def stop(self) -> None:
        for task in self._busy:
            task.cancel()  # only a hook can still wait
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
        if self._journal:
            self._journal.close()
            self._journal = None

    @property
    def idle(self) -> float:
        """Seconds since the last request ended; 0 while one is open."""
        return 0.0 if self._busy else time.monotonic() - self.last_used

    async def _handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            return await self._respond(raw)
        finally:
            self._busy.discard(task)
            self.last_used = time.monotonic()

    async def _respond(self, raw: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await _body(raw)
        except ConnectionError:
            _dropped(raw)
        self._number += 1
        request_id = f"req_{self._api.request_id()}"
        path, _, query = raw.raw_path.partition("?")
        request: SandboxRequest | None = None
        try:
            request = self._open(raw, request_id, path, query, body)
            self.requests[f"{request.method} {request.template}"] += 1
            answer = await self._answer(request)
        except RefusalError as fault:
            answer = self._api.refused(fault, request_id)
        except Exception:
            _LOG.exception("%s %s failed", raw.method, path)
            answer = self._api.broken(request_id)
        if answer is None:
            _dropped(raw)
        kind = {"Content-Type": "application/json"}
        headers = {"Request-Id": request_id, **kind, **answer.headers}
        if request:
            headers["Stripe-Version"] = request.version
            if request.key:
                headers["Idempotency-Key"] = request.key
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    def _open(
        self, raw: web.BaseRequest, request_id: str, path: str, query: str, body: bytes | None
    ) -> SandboxRequest:
        require_local(raw.headers, self._bound)
        if body is None:
            raise refusal.too_large(MAX_BODY)
        return self._api.open(
            self._number,
            request_id,
            raw.method,
            path,
            query,
            raw.headers,
            body,
            self._clock(),
        )

    async def _answer(self, request: SandboxRequest) -> Answer | None:
        """None to end the connection without an answer."""
        known = self._api.begin(request, self._clock())
        try:
            fault = await self.on_request(request) if self.on_request else None
            if fault is not None:
                return self._faulty(request, fault)
            answer = known or self._api.run(request, self._clock())
        finally:
            if known is None:
                self._api.end(request)
        fault = await self.on_answer(request) if self.on_answer else None
        return answer if fault is None else self._faulty(request, fault)

    def _faulty(self, request: SandboxRequest, fault: Fault) -> Answer | None:
        if fault.remembered:
            self._api.remember(request, fault, self._clock())
        if fault.drop:
            return None
        return Answer(fault.status, orjson.dumps(fault.body()), fault.headers)


async def _body(raw: web.BaseRequest) -> bytes | None:
    """None if it is too large."""
    if not raw.can_read_body:
        return b""
    parts: list[bytes] = []
    size = 0
    async for part in raw.content.iter_any():
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
    return b"".join(parts) if size <= MAX_BODY else None


def _dropped(raw: web.BaseRequest) -> NoReturn:
    if raw.transport is not None:
        raw.transport.abort()
    raise asyncio.CancelledError
