"""The transport of a process under test: carries its requests through the weather to Stripe."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

from connector_sdk import Problem
from multidict import CIMultiDict
from stripe_connector.client.answer import Fault
from stripe_connector.client.answer import Reply as Got
from stripe_connector.client.settings import Settings

from tests.simulation import stripe as stripes
from tests.simulation.loop import VirtualLoop
from tests.simulation.stripe import Reply, Request, Stripe, Work
from tests.simulation.weather import Fate, Weather
from tests.simulation.world import World, http_date

Deliver = Callable[[Got | Fault], None]

PAGE = b"<html><body>Welcome to the hotel. Please sign in.</body></html>"


class Network:
    """What lies between all lives of the process and Stripe. Each request has a fate of its
    own, drawn for its key or path and how often that was sent."""

    def __init__(self, world: World, stripe: Stripe, weather: Weather) -> None:
        self.world = world
        self.stripe = stripe
        self.weather = weather
        self._sent: Counter[str] = Counter()
        self._number = 0

    def carry(self, request: Request, timeout: float, deliver: Deliver) -> Work:
        """Sends a request; `deliver` is called at most once, at the end."""
        again = self._sent[request.key] if request.key else 0
        name = request.key or f"{request.method} {request.path}"
        chance = self.world.chance("fate", name, self._sent[name])
        self._sent[name] += 1
        write = request.method != "GET"
        fate = self.weather.fate(chance, self.world.now, write=write, again=again > 0)
        self._number += 1
        return _Carried(self, request, fate, f"#{self._number}", timeout, deliver).work


class _Carried:
    """One request under way."""

    def __init__(
        self,
        network: Network,
        request: Request,
        fate: Fate,
        number: str,
        timeout: float,
        deliver: Deliver,
    ) -> None:
        self._world = network.world
        self._stripe = network.stripe
        self._request = request
        self._fate = fate
        self._number = number
        self._deliver = deliver
        self._over = False
        self.work = Work(fate.work, fate.end)
        world = self._world
        world.note(f"{number:>6} →  {request}")
        if fate.unreachable:
            world.after(fate.travel, lambda: self._fail("connection_refused", sent=False))
            return
        if fate.lost is not None and fate.lost < timeout:
            world.after(fate.lost, lambda: self._fail("connection_dropped", sent=True))
        world.after(timeout, lambda: self._fail("no_answer", sent=True))
        if fate.front is not None:
            front = fate.front
            world.after(fate.travel + fate.back, lambda: self._end(*self._in_front(*front)))
        elif fate.arrives:
            world.after(fate.travel, self._arrive)

    def _arrive(self) -> None:
        self._stripe.arrive(self._request, self.work, self._answer)

    def _answer(self, reply: Reply) -> None:
        headers = {"Request-Id": f"req_{self._number[1:]}", "Content-Type": "application/json"}
        if not self._fate.undated:
            headers["Date"] = http_date(self._world.true())
        if reply.replayed:
            headers["Idempotent-Replayed"] = "true"
        body = stripes.encode(reply.body)
        status = reply.status
        told = ""
        if self._fate.hostile and status < 300:
            told = f"  replaced by {self._fate.hostile}"
            body = self._hostile(self._fate.hostile, reply, headers)
        self._world.after(self._fate.back, lambda: self._end(status, headers, body, told))

    def _end(self, status: int, headers: dict[str, str], body: bytes, told: str = "") -> None:
        if self._over or self.work.given_up:
            return
        self._over = True
        replayed = "  replayed" if "Idempotent-Replayed" in headers else ""
        self._world.note(f"{self._number:>6} ←  {status}{replayed}{told}")
        self._deliver(Got(status, CIMultiDict(headers), body))

    def _fail(self, code: str, *, sent: bool) -> None:
        if self._over:
            return
        self._over = True
        if self.work.given_up:
            return
        self.work.given_up = True
        self._world.note(f"{self._number:>6} ✗  {code}")
        self._deliver(Fault(Problem(code, f"Simulated: {code}."), sent=sent))

    def _in_front(self, status: int, code: str) -> tuple[int, dict[str, str], bytes, str]:
        """An answer that Stripe's memory of keys had no part in."""
        told = f"  {code or 'a page'}, from in front"
        if status in (408, 413, 425, 502, 503, 504):
            return status, self._of_proxy(), PAGE, told
        headers = {"Content-Type": "application/json", "Request-Id": "req_front"}
        if status == 429 and not code:
            headers["Stripe-Rate-Limited-Reason"] = "global-rate"
        kind = {402: "card_error", 429: "rate_limit_error", 500: "api_error"}
        error = {"type": kind.get(status, "invalid_request_error"), "message": "No."}
        if code:
            error["code"] = code
        return status, headers, json.dumps({"error": error}).encode(), told

    def _of_proxy(self) -> dict[str, str]:
        """Headers of a page that isn't Stripe's, perhaps with a clock that isn't right."""
        headers = {"Content-Type": "text/html"}
        if self._fate.proxy_clock:
            headers["Date"] = http_date(self._world.true() + self._fate.proxy_clock)
        return headers

    def _hostile(self, kind: str, reply: Reply, headers: dict[str, str]) -> bytes:
        """An answer with status 200 that is not the object."""
        right = reply.body
        named = str(right.get("id")) in self._request.path
        match kind:
            case "null id":
                return stripes.encode({**right, "id": None})
            case "number id":
                return stripes.encode({**right, "id": 12})
            case "other type":
                return stripes.encode({"id": "evt_1", "object": "event", "type": "ping"})
            case "other id" if named:
                return stripes.encode({**right, "id": "xx_999999"})
            case "list":
                return stripes.encode({"object": "list", "data": [{"id": 5}], "has_more": False})
            case "page":
                headers.clear()
                headers.update(self._of_proxy())
                return PAGE
            case "deep":
                return b'{"id":' + b"[" * 3_000 + b"]" * 3_000 + b"}"
        return b"{}"


class Transport:
    """The transport of one life of the process."""

    def __init__(self, network: Network, loop: VirtualLoop, settings: Settings) -> None:
        self._network = network
        self._loop = loop
        self._timeout = settings.timeout

    async def exchange(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        into: BinaryIO | None = None,
    ) -> Got | Fault:
        assert into is None
        loop = self._loop
        answer: asyncio.Future[Got | Fault] = loop.create_future()

        def deliver(got: Got | Fault) -> None:
            loop.may_die("before an answer")
            if not loop.dead and not answer.done():
                answer.set_result(got)

        loop.may_die("before a request")
        if loop.dead:
            return await answer
        request = stripes.read_request(method, url, headers, body)
        work = self._network.carry(request, self._timeout, deliver)
        loop.flying.append(work)
        try:
            return await answer
        except asyncio.CancelledError:
            work.given_up = True
            raise
        finally:
            loop.flying.remove(work)

    async def close(self) -> None:
        """There is nothing to give back."""
