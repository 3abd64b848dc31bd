"""The measure of wire and client: for every operation that the official SDK offers, ours sends
the same method, path, query, body and headers for the same parameters."""

import asyncio
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import pytest
import stripe
from connector_sdk import JSON, Field, MemoryHost, conform
from stripe_connector.catalogue import ApiCall, load
from stripe_connector.client import Client, Settings

from tests.stripe_connector.client.loopback import Seen, loopback

Style = Literal["required", "first", "last", "cleared"]
STYLES: tuple[Style, ...] = ("required", "first", "last", "cleared")
TEXT = "ü b&c=d/%~[0]+'\""


class Values(NamedTuple):
    """One value as the SDK is given it, and as a caller of ours gives it."""

    theirs: Any
    ours: JSON


def _both(value: Any) -> Values:
    return Values(value, value)


def _value(field: Field, style: Style, v2: bool, file: Path) -> Values:
    """A plausible value of a field; never the same for two fields of one object by chance
    alone, so that swapped fields show."""
    pick = -1 if style == "last" else 0
    if style == "cleared" and field.clears:
        return Values(None if v2 else "", None)
    if field.any_of:
        return _value(field.any_of[pick], style, v2, file)
    if field.choices:
        return _both(field.choices[pick])
    match field.type:
        case "object":
            return _object(field, style, v2, file)
        case "map":
            entry = _value(field.items or Field("", "string"), style, v2, file)
            names = ("a.b c", "ü")
            return Values(dict.fromkeys(names, entry.theirs), dict.fromkeys(names, entry.ours))
        case "list":
            item = field.items or Field("", "string")
            parts = [_value(item, style, v2, file), _value(item, "last", v2, file)]
            parts = parts[: field.max_items or None]
            return Values([part.theirs for part in parts], [part.ours for part in parts])
        case "boolean":
            return _both(style != "last")
        case "integer":
            return _both(len(field.name) * 1000 + 7)
        case "number":
            return _both(len(field.name) + 0.25)
        case "file":
            return Values(file, file.name)
    if field.format == "decimal":
        return Values(Decimal("12.50"), "12.50") if v2 else _both("12.50")
    if field.format == "date-time":
        return _both("2026-01-02T03:04:05Z")
    if field.format == "currency":
        return _both("usd")
    return _both(f"{field.name} {TEXT}"[-field.max_length :])


def _object(field: Field, style: Style, v2: bool, file: Path) -> Values:
    theirs: dict[str, Any] = {}
    ours: dict[str, JSON] = {}
    for child in field.fields:
        wanted = style in ("first", "last") or (style == "cleared" and _clearable(child))
        if child.required or wanted:
            theirs[child.name], ours[child.name] = _value(child, style, v2, file)
    return Values(theirs, ours)


def _clearable(field: Field) -> bool:
    return field.clears or any(below.clears for _, below in field.walk())


def _methods(service: object, prefix: str = "") -> Iterator[tuple[str, Callable[..., object]]]:
    """Every method of the SDK that makes one call, by our id of its operation."""
    for name, member in vars(type(service)).items():
        if callable(member) and not name.startswith("_") and not name.endswith("_async"):
            yield prefix + name, getattr(service, name)
    for name in _below(service):
        yield from _methods(getattr(service, name), f"{prefix}{name}.")


def _below(service: object) -> list[str]:
    module = __import__(type(service).__module__, fromlist=["_subservices"])
    return list(getattr(module, "_subservices", ()))


def _sdk(hosts: dict[str, str], version: str) -> dict[str, Callable[..., object]]:
    client = stripe.StripeClient(
        "sk_test_x",
        stripe_account="acct_9",
        stripe_version=version,
        max_network_retries=0,
        base_addresses=cast(Any, hosts),
    )
    methods = dict(_methods(client.v1))
    methods.update((f"v2.{name}", method) for name, method in _methods(client.v2))
    return methods


class Case(NamedTuple):
    api_call: ApiCall
    style: Style
    theirs: dict[str, Any]
    ours: dict[str, JSON]

    @property
    def name(self) -> str:
        return f"{self.api_call.id}, {self.style}"


def _cases(file: Path) -> list[Case]:
    catalogue = load()
    cases: list[Case] = []
    for api_call in catalogue.api_calls.values():
        schema = catalogue.request(api_call)
        known: list[object] = []
        for style in STYLES:
            theirs, ours = _object(schema, style, api_call.v2, file)
            fitted = conform(schema, ours)
            assert not fitted.problems, (api_call.id, style, fitted.problems[0].text())
            assert isinstance(fitted.value, dict)
            if fitted.value not in known:
                known.append(fitted.value)
                cases.append(Case(api_call, style, theirs, fitted.value))
    return cases


def _call_sdk(methods: dict[str, Callable[..., object]], cases: list[Case]) -> None:
    for case in cases:
        params = dict(case.theirs)
        ids = [params.pop(name) for name in case.api_call.path_parameters]
        with_file = isinstance(params.get("file"), Path)
        if with_file:
            with params["file"].open("rb") as opened:
                methods[case.api_call.id](*ids, {**params, "file": opened})
        else:
            methods[case.api_call.id](*ids, params)


def _form_parts(kind: str, body: bytes) -> list[tuple[object, ...]]:
    """The parts without their random boundary, and in one order: that of uploads has no
    meaning, and ours come last. The SDK tells the whole path of a file where we tell its
    name; names are compared."""
    parsed: Message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\n\n" + body)
    return sorted(
        (
            str(part.get_param("name", header="content-disposition")),
            Path(part.get_filename() or "").name,
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in parsed.get_payload()
        if isinstance(part, Message)
    )


def _compared(seen: Seen) -> dict[str, object]:
    kind = seen.headers.get("content-type", "")
    path, _, query = seen.target.partition("?")
    # A blank in an id: the SDK writes "+", which in a path is a plus sign, not a blank.
    path = path.replace("+", "%20")
    body: object = seen.body
    if kind.startswith("multipart/"):
        body = _form_parts(kind, seen.body)
        kind = kind.partition(";")[0]
    elif kind == "application/json":
        # The SDK puts a blank behind each comma and colon; order and values are compared.
        body = json.loads(seen.body, object_pairs_hook=list, parse_float=Decimal)
    return {
        "method": seen.method,
        "host": seen.headers["host"],
        "path": path,
        "query": query,
        "body": body,
        "content-type": kind,
        "stripe-version": seen.headers.get("stripe-version"),
        "stripe-account": seen.headers.get("stripe-account"),
        "authorization": seen.headers.get("authorization"),
        # The SDK draws a random key, and does so for exactly the calls that take one.
        "has a key": "idempotency-key" in seen.headers,
    }


async def test_every_api_call_is_sent_as_the_official_sdk_sends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    file = tmp_path / "logo.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    cases = _cases(file)
    version = load().api_version
    async with loopback() as api, loopback() as files, loopback() as meter_events:
        files.seen = meter_events.seen = api.seen
        hosts = {"api": api.address, "files": files.address, "meter_events": meter_events.address}
        methods = _sdk(hosts, version)
        assert set(methods) == set(load().api_calls)
        await asyncio.to_thread(_call_sdk, methods, cases)
        theirs = list(api.seen)
        api.seen.clear()
        settings = Settings(
            "sk_test_x", version, "acct_9", api.address, files.address, meter_events.address
        )
        async with Client(settings, MemoryHost(folder=tmp_path)) as client:
            for case in cases:
                await client.send(case.api_call, case.ours, key="sc1_k")
        ours = list(api.seen)
    assert len(theirs) == len(ours) == len(cases) > 2 * len(load().api_calls)
    different = [
        f"{case.name}: {part}\n  theirs {their[part]!r}\n  ours   {our[part]!r}"
        for case, their, our in zip(
            cases, map(_compared, theirs), map(_compared, ours), strict=True
        )
        for part in their
        if their[part] != our[part]
    ]
    assert not different, f"{len(different)} differences\n" + "\n".join(different[:20])
