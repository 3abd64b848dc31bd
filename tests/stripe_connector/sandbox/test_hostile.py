"""Whatever is sent to the sandbox, it answers: never with a failure of its own, and without
keeping what it refused."""

import asyncio
import json
import socket
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe_connector.sandbox import Sandbox, server

from tests.stripe_connector.battery.maker import CATALOGUE, Maker
from tests.stripe_connector.sandbox.caller import Caller
from tests.stripe_connector.sandbox.direct import Direct

PATHS = [each.path for each in CATALOGUE.api_calls.values()]
NAMES = sorted(
    {
        field.name
        for each in CATALOGUE.api_calls.values()
        for field in CATALOGUE.request(each).fields
    }
)
words = st.text(max_size=12) | st.sampled_from(
    ["", "0", "-1", "true", "null", "abc", "9" * 40, "1e999", "..", "%00", "cus_1", "usd", "now"]
)
pieces = st.sampled_from(NAMES) | words
segments = st.text(string.ascii_letters + string.digits + "_.%~-", max_size=8)


@st.composite
def paths(draw: st.DrawFn) -> str:
    path = draw(st.sampled_from(PATHS) | st.lists(segments, max_size=6).map("/".join))
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + draw(segments) + rest.partition("}")[2]
    return "/" + path.lstrip("/")


@st.composite
def forms(draw: st.DrawFn) -> bytes:
    pairs = []
    for _ in range(draw(st.integers(0, 5))):
        name = draw(pieces)
        for inner in draw(st.lists(pieces | st.just(""), max_size=3)):
            name += f"[{inner}]"
        pairs.append(f"{name}={draw(words)}")
    return "&".join(pairs).encode("utf-8", "surrogatepass")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(pieces, inner, max_size=3),
    max_leaves=8,
)
bodies = forms() | st.binary(max_size=60) | values.map(lambda each: json.dumps(each).encode())
headers = st.fixed_dictionaries(
    {},
    optional={
        "Idempotency-Key": words,
        "Stripe-Account": words | st.just("acct_2"),
        "Stripe-Version": words,
        "Authorization": words,
        "Content-Type": words
        | st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data", "text/plain"]),
    },
)
methods = st.sampled_from(["GET", "POST", "DELETE", "PUT", "x"])


@given(methods, paths(), bodies, headers)
@settings(max_examples=300, deadline=None)
def test_anything_is_answered(method: str, path: str, body: bytes, sent: dict[str, str]) -> None:
    answered(Direct(), method, path, body, sent)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_parameters_of_what_is_there_are_answered(data: st.DataObject) -> None:
    """Ids that exist, so that the work itself begins."""
    maker = Maker()
    api_call = data.draw(st.sampled_from(list(CATALOGUE.api_calls.values())))
    try:
        path = api_call.path.format(**maker.parents(api_call))
    except AssertionError:
        return
    fields = [each for each in CATALOGUE.request(api_call).fields if not each.in_path]
    params = maker.request(api_call)
    for field in data.draw(st.lists(st.sampled_from(fields), max_size=4)) if fields else ():
        params[field.name] = data.draw(values | st.just(maker.value(field, api_call)))
    if api_call.v2 and api_call.method == "POST":
        body = json.dumps(params).encode()
    else:
        body = "&".join(_pairs("", params)).encode("utf-8", "surrogatepass")
    answered(maker.sandbox, api_call.method, path, body, {})


def _pairs(name: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        parts = [
            _pairs(f"{name}[{key}]" if name else str(key), part) for key, part in value.items()
        ]
    elif isinstance(value, list):
        parts = [_pairs(f"{name}[{index}]", part) for index, part in enumerate(value)]
    else:
        return [f"{name}={value}"]
    return [pair for part in parts for pair in part]


def answered(sandbox: Direct, method: str, path: str, body: bytes, sent: dict[str, str]) -> None:
    before = sandbox.everything()
    status, answer = sandbox.send(method, path, body, sent)
    assert status in (200, 400, 401, 402, 403, 404, 409)
    if status != 200:
        assert answer["error"]["message"]
        assert status == 402 or sandbox.everything() == before


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /v1/customers HTTP/9.9\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET " + b"/a" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/customers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v1/customers HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5_000 + b"\r\n",
    ],
)
async def test_what_is_no_http_ends_the_connection_only(
    sandbox: Sandbox, stripe: Caller, raw: bytes
) -> None:
    host, port = sandbox.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
    assert (await stripe.get("/v1/customers")).status == 200


_HEAD = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer sk_test_x\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /v1/customers/\xff\xfe" + _HEAD + b"\r\n",
        b"GET /v1/nowhere/\xff?\xff=\xff" + _HEAD + b"\r\n",
        b"GET /v1/customers?limit=\xff&\xff" + _HEAD + b"\r\n",
        b"GET /v1/customers/%ff%00%2f" + _HEAD + b"\r\n",
        b"POST /v1/customers" + _HEAD + b"Idempotency-Key: \xff\xfe\r\n\r\n",
        b"POST /v1/customers" + _HEAD + b"Stripe-Account: \xff\r\n\r\n",
        b"POST /v1/customers" + _HEAD + b"Stripe-Version: \xff\r\n\r\n",
        b"POST /v1/files" + _HEAD + b"Content-Type: multipart/\xff; boundary=\xff\r\n\r\n",
    ],
)
async def test_bytes_that_are_no_text_are_refused(sandbox: Sandbox, raw: bytes) -> None:
    host, port = sandbox.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw.replace(b"Host: x", f"Host: {host}:{port}".encode()))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split(b" ")[1] in (b"400", b"403", b"404"), answer


async def test_bodies_have_a_limit(stripe: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_BODY", 100_000)
    reply = await stripe.send("POST", "/v1/customers", b"name=" + b"a" * 200_000)
    assert (reply.status, reply.error["type"]) == (413, "invalid_request_error")
    assert (await stripe.get("/v1/customers")).body["data"] == []
