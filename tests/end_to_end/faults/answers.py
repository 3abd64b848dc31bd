"""Answers that a client must not believe, and those that turn a request away."""

import gzip
import json
from typing import NamedTuple


class Reply(NamedTuple):
    """An answer as it goes over the wire; headers that every answer has come on top."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


_HTML = b"<html><body><h1>Welcome to the hotel's network</h1></body></html>"
_DEEP = 100_000
_LARGE = 24 * 1024 * 1024
_PACKED = gzip.compress(b'{"id":"' + b" " * 4 * _LARGE, mtime=0)

HOSTILE = (
    Reply(200, b"{}"),
    Reply(200, b'{"id":null}'),
    Reply(200, b'{"id":12}'),
    Reply(200, b'{"id":"","object":"customer"}'),
    Reply(200, b'{"id":"txr_1FaultySuite","object":"tax_rate"}'),
    Reply(200, b'{"id":[],"object":"customer"}'),
    Reply(200, b'{"object":"customer"}'),
    Reply(200, b'{"error":{}}'),
    Reply(200, b'{"id":"cus_'),
    Reply(200, b"[]"),
    Reply(200, b"null"),
    Reply(200, b""),
    Reply(200, _HTML, (("Content-Type", "text/html"),)),
    Reply(302, b"", (("Location", "http://127.0.0.1:9/login"),)),
    Reply(200, b'{"id":' + b"[" * _DEEP + b"]" * _DEEP + b"}"),
)
VAST = (
    Reply(200, b'{"id":"' + b"x" * _LARGE + b'"}'),
    Reply(200, _PACKED, (("Content-Encoding", "gzip"),)),
)
"""Answers of which few are enough."""


def refusal(status: int, type: str, code: str = "", **headers: str) -> Reply:
    """An error in Stripe's form; a page where it names no type: then a machine in between has
    answered."""
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    if not type:
        return Reply(status, _HTML, (*given, ("Content-Type", "text/html")))
    error = {"type": type, "message": "The faulty Stripe says no."} | (
        {"code": code} if code else {}
    )
    return Reply(status, json.dumps({"error": error}).encode(), given)
