import logging
from pathlib import Path

import pytest
from connector_sdk import (
    JSON,
    ConnectorError,
    CredentialError,
    LocalFile,
    MemoryHost,
    RefusedError,
    SettingError,
    UnreachableError,
    sha256_of,
)
from stripe_connector.catalogue import load
from stripe_connector.client import Answer, Client, Settings

from tests.stripe_connector.client.calling import (
    KEY,
    scripted,
    send,
)
from tests.stripe_connector.client.loopback import (
    CUT,
    DROP_LATE,
    Reply,
    loopback,
)


async def test_a_call_is_sent_and_answered() -> None:
    reply = Reply(200, b'{"id": "cus_1"}', {"Idempotent-Replayed": "true"})
    async with scripted(reply, account="acct_9") as (client, served):
        answer = await send(client, "customers.create", "sc1_k", email="a@b.c", name=None)
        assert answer == Answer(200, b'{"id": "cus_1"}', "req_1", True)
        seen = served.seen[0]
        assert (seen.method, seen.target, seen.body) == (
            "POST",
            "/v1/customers",
            b"email=a%40b.c&name=",
        )
        assert seen.headers["authorization"] == f"Bearer {KEY}"
        assert seen.headers["stripe-version"] == "2026-10-28.endive"
        assert seen.headers["stripe-account"] == "acct_9"
        assert seen.headers["idempotency-key"] == "sc1_k"
        assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
        assert "gzip" in seen.headers["accept-encoding"]
        assert not [name for name in seen.headers if "telemetry" in name or "client" in name]


async def test_reads_and_v1_deletes_carry_no_key_and_v2_deletes_do() -> None:
    async with scripted() as (client, served):
        await send(client, "customers.retrieve", "k", customer="cus_1", expand=["sources"])
        await send(client, "customers.delete", "k", customer="cus_1")
        await send(client, "v2.core.event_destinations.delete", "k", id="ed_1")
        assert [seen.target for seen in served.seen] == [
            "/v1/customers/cus_1?expand%5B0%5D=sources",
            "/v1/customers/cus_1",
            "/v2/core/event_destinations/ed_1",
        ]
        assert ["idempotency-key" in seen.headers for seen in served.seen] == [False, False, True]


async def test_one_connection_serves_many_calls() -> None:
    async with scripted() as (client, served):
        for _ in range(5):
            await send(client, "balance.retrieve")
        assert (len(served.seen), served.connections) == (5, 1)


async def test_ids_can_not_reach_another_path() -> None:
    async with scripted() as (client, served):
        await send(client, "customers.retrieve", customer="../balance?x=1#y")
        assert served.seen[0].target == "/v1/customers/..%2Fbalance%3Fx%3D1%23y"
        wrong: list[JSON | bytes] = ["", "..", None, True, ["x"], b"x"]
        for customer in wrong:
            with pytest.raises(RefusedError) as caught:
                await client.send(load().api_calls["customers.retrieve"], {"customer": customer})
            assert caught.value.problem.path == "customer"
        assert len(served.seen) == 1


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, '"message":"Invalid API Key provided: sk_test_***cret"', "invalid_api_key"),
        (403, '"message":"Having \'rak_charge_read\' would allow it"', "permission_missing"),
        (403, '"code":"account_invalid","message":"No access to acct_1"', "account_invalid"),
        (400, '"message":"Invalid Stripe API version: 1"', "invalid_api_version"),
    ],
)
async def test_what_is_wrong_with_the_connection_is_a_credential_error(
    status: int, error: str, code: str
) -> None:
    reply = Reply(status, f'{{"error":{{{error}}}}}'.encode())
    async with scripted(reply) as (client, served):
        with pytest.raises(CredentialError) as caught:
            await send(client, "customers.create", "k")
        assert caught.value.problem.code == code
        assert caught.value.problem.remedy
        assert len(served.seen) == 1


async def test_other_refusals_carry_their_problem() -> None:
    body = (
        b'{"error":{"type":"invalid_request_error","code":"parameter_unknown",'
        b'"message":"Received unknown parameter: a[b]","param":"a[b]"}}'
    )
    async with scripted(Reply(400, body)) as (client, served):
        with pytest.raises(RefusedError) as caught:
            await send(client, "customers.create", "k")
        problem = caught.value.problem
        assert (problem.code, problem.path, problem.status, problem.request_id, problem.type) == (
            "parameter_unknown",
            "a.b",
            400,
            "req_1",
            "invalid_request_error",
        )
        assert len(served.seen) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, f"<html>{KEY}</html>".encode(), {"Content-Type": "text/html"}),
        Reply(302, b"", {"Location": "http://127.0.0.1:1/login"}),
        Reply(403, b"<html>Blocked</html>", {"Content-Type": "text/html"}),
        Reply(200, b""),
    ],
)
async def test_a_page_in_place_of_an_answer_is_told(reply: Reply) -> None:
    async with scripted(reply) as (client, served):
        for api_call, key in (("customers.create", "k"), ("balance.retrieve", "")):
            with pytest.raises(UnreachableError) as caught:
                await send(client, api_call, key)
            assert caught.value.problem.code == "not_stripe"
            assert KEY not in str(caught.value)
        assert len(served.seen) == 2


async def test_no_error_and_no_log_line_shows_a_key(caplog: pytest.LogCaptureFixture) -> None:
    echo = f'{{"error":{{"code":"{KEY}","message":"{KEY}!","param":"{KEY}"}}}}'.encode()
    with caplog.at_level(logging.DEBUG):
        for step in (Reply(400, echo), Reply(401, echo), Reply(500, echo), DROP_LATE, CUT):
            async with scripted(step) as (client, _):
                with pytest.raises(ConnectorError) as caught:
                    await send(client, "customers.create", "k")
                assert KEY not in repr(client.settings) + str(caught.value) + repr(caught.value)
                assert caught.value.__cause__ is None
    assert caplog.records
    assert KEY not in caplog.text


async def test_a_key_that_is_no_header_value_never_leaves() -> None:
    async with loopback() as served:
        settings = Settings("sk_test_x\n", address=served.address)
        async with Client(settings, MemoryHost()) as client:
            with pytest.raises(CredentialError):
                await send(client, "balance.retrieve")
        assert not served.connections


async def test_a_file_is_sent_from_disk_or_memory(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / ".env").write_text("KEY=1")
    stamped = str(LocalFile("logo.png", sha256_of(b"\x89PNG")))
    async with loopback() as served:
        settings = Settings(KEY, address=served.address)
        async with Client(settings, MemoryHost(folder=tmp_path)) as client:
            await send(client, "files.create", "k", purpose="business_logo", file="logo.png")
            await send(client, "files.create", "k", purpose="business_logo", file=b"PDF")
            assert b'name="file"; filename="logo.png"' in served.seen[0].body
            assert b"\r\n\r\n\x89PNG\r\n" in served.seen[0].body
            assert b"\r\n\r\nPDF\r\n" in served.seen[1].body
            await send(client, "files.create", "k", purpose="business_logo", file=stamped)
            assert b'name="file"; filename="logo.png"\r\n' in served.seen[2].body
            for path, code in (
                ("nope.png", "file_missing"),
                ("../logo.png", "file_outside"),
                ("/etc/hostname", "file_outside"),
                (".", "file_unreadable"),
                ("a\0b", "file_unreadable"),
                (".env", "file_outside"),
                (str(LocalFile("logo.png", sha256_of(b"other"))), "file_changed"),
            ):
                with pytest.raises(RefusedError) as caught:
                    await send(client, "files.create", "k", purpose="business_logo", file=path)
                assert (caught.value.problem.code, caught.value.problem.path) == (code, "file")


@pytest.mark.parametrize(
    ("address", "key", "code"),
    [
        ("stripe.com", "sk_test_x", "invalid_address"),
        ("ftp://h", "sk_test_x", "invalid_address"),
        ("http://u:p@h", "sk_test_x", "invalid_address"),
        ("http://h:99999", "sk_test_x", "invalid_address"),
        ("http://example.com", "sk_live_x", "live_key_unprotected"),
    ],
)
async def test_an_address_that_can_not_be_right_is_refused(
    address: str, key: str, code: str
) -> None:
    with pytest.raises(SettingError) as caught:
        Client(Settings(key, address=address), MemoryHost())
    assert caught.value.problem.code == code


def test_importing_the_client_does_not_load_aiohttp() -> None:
    import subprocess
    import sys

    code = "import sys, stripe_connector.client; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
