"""A fast Stripe for measuring: a few calls on customers over HTTP on this machine.

    python -m bench.fast_stripe --customers 20000

It spends as little as it can on a request, so that what is measured is the client: customers
are rendered before the first request, nothing of a body is parsed but the identity in
`metadata[crm_id]`, and a created customer doesn't repeat what was sent. It answers

    GET  /v1/account
    GET  /v1/customers     limit, starting_after; newest first
    POST /v1/customers     with Stripe's rules for an Idempotency-Key
    GET  /bench            what came in so far (see Tally); neither counted nor slowed

For everything else that a Stripe can do there is the sandbox.
"""

import argparse
import asyncio
import json
import os
import re
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl

from bench.customers import alone, listed

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_KEY = re.compile(rb"\r\nidempotency-key: *([^\r]+)", re.IGNORECASE)
_BEARER = re.compile(rb"\r\nauthorization: *Bearer [rs]k_test_[!-~]+", re.IGNORECASE)
_IDENTITY = re.compile(rb"(?:^|&)metadata(?:\[|%5B)crm_id(?:\]|%5D)=([^&]+)", re.IGNORECASE)
_CUSTOMER = re.compile(r"cus_([0-9]{14})")
_RESET = struct.pack("ii", 1, 0)
_BURST = 0.2
"""Seconds worth of requests that may come at once under a rate."""

_ACCOUNT = b'{\n  "id": "acct_1FastStripe0000",\n  "object": "account"\n}\n'
_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    401: b"Unauthorized",
    404: b"Not Found",
    429: b"Too Many Requests",
}


@dataclass(slots=True)
class Tally:
    """What the server has seen. `customers` exist, `created` of them by requests, which named
    `identities` different values of metadata[crm_id]; `doubled` were created with an identity
    that another one had already. `resets` are connections cut after the write was applied."""

    customers: int
    requests: int = 0
    created: int = 0
    identities: int = 0
    doubled: int = 0
    replayed: int = 0
    refused_429: int = 0
    resets: int = 0


class FastStripe:
    """The state behind all connections, and the answer to each request.

    `rate` is requests a second, above which come 429s; 0 is no limit. `drop` is the share of
    creates whose connection is reset once they are applied: evenly by count, not by chance.
    """

    def __init__(self, customers: int, rate: float = 0.0, drop: float = 0.0) -> None:
        self.tally = Tally(customers)
        self._listed = [listed(number) for number in range(1, customers + 1)]
        self._answers: dict[bytes, tuple[bytes, bytes]] = {}
        self._identities: set[bytes] = set()
        self._rate = rate
        self._tokens = self._most = max(rate * _BURST, 1.0)
        self._filled = time.monotonic()
        self._drop = drop

    def answer(self, head: bytes, body: bytes) -> bytes | None:
        """The whole response; None where the connection is to be reset."""
        method, _, rest = head.partition(b" ")
        path, _, query = rest[: rest.index(b" ")].partition(b"?")
        if path == b"/bench":
            return _response(200, json.dumps(asdict(self.tally)).encode())
        self.tally.requests += 1
        if _BEARER.search(head) is None:
            return _refusal(401, "invalid_request_error", "You did not provide an API key.")
        if self._rate and not self._admitted():
            self.tally.refused_429 += 1
            return _refusal(
                429,
                "invalid_request_error",
                "Request rate limit exceeded.",
                "rate_limit",
                b"Stripe-Rate-Limited-Reason: endpoint-rate\r\n",
            )
        if path == b"/v1/customers":
            return self._list(query) if method == b"GET" else self._create(head, body)
        if path == b"/v1/account" and method == b"GET":
            return _response(200, _ACCOUNT)
        return _refusal(
            404,
            "invalid_request_error",
            f"Unrecognized request URL ({method.decode()}: {path.decode('latin-1')}).",
        )

    def _list(self, query: bytes) -> bytes:
        params = dict(parse_qsl(query.decode()))
        limit = params.get("limit", "10")
        if not limit.isdecimal():
            return _refusal(400, "invalid_request_error", f"Invalid integer: {limit}")
        end = len(self._listed)
        if "starting_after" in params:
            found = _CUSTOMER.fullmatch(params["starting_after"])
            if found is None or not 1 <= int(found[1]) <= end:
                return _refusal(
                    400,
                    "invalid_request_error",
                    f"No such customer: '{params['starting_after']}'",
                    "resource_missing",
                )
            end = int(found[1]) - 1
        begin = max(0, end - min(max(int(limit), 1), 100))
        rows = self._listed[begin:end]
        rows.reverse()
        data = b"[\n%s\n  ]" % b",\n".join(rows) if rows else b"[]"
        more = b"true" if begin else b"false"
        return _response(
            200,
            b'{\n  "object": "list",\n  "data": %s,\n  "has_more": %s,\n'
            b'  "url": "/v1/customers"\n}\n' % (data, more),
        )

    def _create(self, head: bytes, body: bytes) -> bytes | None:
        given = _KEY.search(head)
        key = given[1] if given else b""
        stored = self._answers.get(key) if key else None
        if stored is not None:
            if stored[0] != body:
                return _refusal(
                    400,
                    "idempotency_error",
                    "Keys for idempotent requests can only be used with the same parameters "
                    "they were first used with.",
                )
            self.tally.replayed += 1
            return _response(200, stored[1], b"Idempotent-Replayed: true\r\n")
        number = len(self._listed) + 1
        made = alone(number)
        self._listed.append(listed(number))
        if key:
            self._answers[key] = (body, made)
        self._count(body)
        # The share is reached step by step: at 2 % the 50th, the 100th ... create.
        if int(self.tally.created * self._drop) > int((self.tally.created - 1) * self._drop):
            self.tally.resets += 1
            return None
        return _response(200, made)

    def _count(self, body: bytes) -> None:
        tally = self.tally
        tally.customers += 1
        tally.created += 1
        found = _IDENTITY.search(body)
        if found is None:
            return
        if found[1] in self._identities:
            tally.doubled += 1
        self._identities.add(found[1])
        tally.identities = len(self._identities)

    def _admitted(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._most, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Connection(asyncio.Protocol):
    """One connection, kept alive; `latency` seconds pass between a request and its answer."""

    def __init__(self, stripe: FastStripe, latency: float) -> None:
        self._stripe = stripe
        self._latency = latency
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._transport = None

    def data_received(self, data: bytes) -> None:
        waiting = self._waiting + data
        while (end := waiting.find(b"\r\n\r\n")) >= 0:
            head = waiting[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(waiting) < whole:
                break
            reply = self._stripe.answer(head, waiting[end + 4 : whole])
            waiting = waiting[whole:]
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._send, reply)
            else:
                self._send(reply)
        self._waiting = waiting

    def _send(self, reply: bytes | None) -> None:
        transport = self._transport
        if transport is None:
            return
        if reply is not None:
            transport.write(reply)
            return
        # Closing without lingering is a reset, not an orderly end.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()


def _response(status: int, body: bytes, headers: bytes = b"") -> bytes:
    return (
        b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
        b"Request-Id: req_fast\r\n%s\r\n%s" % (status, _REASONS[status], len(body), headers, body)
    )


def _refusal(status: int, type: str, message: str, code: str = "", headers: bytes = b"") -> bytes:
    error = {"message": message, "type": type} | ({"code": code} if code else {})
    return _response(status, json.dumps({"error": error}, indent=2).encode(), headers)


async def serve(stripe: FastStripe, port: int, latency: float, *, with_parent: bool) -> None:
    """Prints the address and serves. `with_parent`: until standard input is closed, so that
    it can't outlive whoever started it."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stripe, latency), "127.0.0.1", port)
    host, bound = server.sockets[0].getsockname()
    print(f"http://{host}:{bound}", flush=True)
    ended = asyncio.Event()
    if with_parent:
        loop.add_reader(0, _end_of_input, ended)
    await ended.wait()


def _end_of_input(ended: asyncio.Event) -> None:
    if not os.read(0, 1024):
        ended.set()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fast_stripe", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--customers", type=int, default=0, help="how many exist at the start")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds of each answer")
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second without a 429")
    parser.add_argument(
        "--drop", type=float, default=0.0, help="share of creates that get no answer: 0.02 is 2 %%"
    )
    parser.add_argument("--with-parent", action="store_true", help="end when stdin is closed")
    given = parser.parse_args()
    stripe = FastStripe(given.customers, given.rate, given.drop)
    try:
        asyncio.run(serve(stripe, given.port, given.latency / 1000, with_parent=given.with_parent))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
