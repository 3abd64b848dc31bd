import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from connector_sdk import (
    JSON,
    ConnectorError,
    CredentialError,
    Limit,
    MemoryHost,
    RefusedError,
    SettingError,
    UncertainError,
    UnreachableError,
)
from stripe_connector.catalogue import load
from stripe_connector.client import Answer, Client, Retry, Settings

from tests.stripe_connector.client.loopback import (
    CUT,
    DROP_EARLY,
    DROP_LATE,
    SILENT,
    Loopback,
    Reply,
    Step,
    loopback,
)

KEY = "sk_test_verysecret"
MISSING = b'{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No."}}'
IN_USE = b'{"error":{"type":"idempotency_error","code":"idempotency_key_in_use","message":"Busy"}}'
API_ERROR = b'{"error":{"type":"api_error","message":"Sorry"}}'
OK = Reply(200, b'{"id": "cus_1"}')


@asynccontextmanager
async def _client(*steps: Step, **settings: object) -> AsyncIterator[tuple[Client, Loopback]]:
    async with loopback(*steps) as served:
        chosen = {"address": served.address, "api_version": "2026-10-28.endive", **settings}
        async with Client(
            Settings(KEY, **chosen),  # type: ignore[arg-type]
            MemoryHost(),
            Retry(retries=3, first=0.001, most=0.01),
        ) as client:
            yield client, served


async def _send(client: Client, operation: str, key: str = "", **params: "JSON | bytes") -> Answer:
    return await client.send(load().operations[operation], params, key=key)


async def test_a_call_is_sent_and_answered() -> None:
    reply = Reply(200, b'{"id": "cus_1"}', {"Idempotent-Replayed": "true"})
    async with _client(reply, account="acct_9") as (client, served):
        answer = await _send(client, "customers.create", "sc1_k", email="a@b.c", name=None)
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
    async with _client() as (client, served):
        await _send(client, "customers.retrieve", "k", customer="cus_1", expand=["sources"])
        await _send(client, "customers.delete", "k", customer="cus_1")
        await _send(client, "v2.core.event_destinations.delete", "k", id="ed_1")
        assert [seen.target for seen in served.seen] == [
            "/v1/customers/cus_1?expand%5B0%5D=sources",
            "/v1/customers/cus_1",
            "/v2/core/event_destinations/ed_1",
        ]
        assert ["idempotency-key" in seen.headers for seen in served.seen] == [False, False, True]


async def test_one_connection_serves_many_calls() -> None:
    async with _client() as (client, served):
        for _ in range(5):
            await _send(client, "balance.retrieve")
        assert (len(served.seen), served.connections) == (5, 1)


async def test_ids_can_not_reach_another_path() -> None:
    async with _client() as (client, served):
        await _send(client, "customers.retrieve", customer="../balance?x=1#y")
        assert served.seen[0].target == "/v1/customers/..%2Fbalance%3Fx%3D1%23y"
        wrong: list[JSON | bytes] = ["", "..", None, True, ["x"], b"x"]
        for customer in wrong:
            with pytest.raises(RefusedError) as caught:
                await client.send(load().operations["customers.retrieve"], {"customer": customer})
            assert caught.value.problem.path == "customer"
        assert len(served.seen) == 1


@pytest.mark.parametrize(
    "steps",
    [
        [DROP_EARLY],
        [DROP_LATE],
        [CUT],
        [DROP_EARLY, DROP_LATE, CUT],
        [Reply(500, API_ERROR)],
        [Reply(503, b"<html>down</html>")],
        [Reply(409, IN_USE)],
        [Reply(400, MISSING, {"Stripe-Should-Retry": "true"})],
        [Reply(429, API_ERROR, {"Stripe-Should-Retry": "false"})],
        [Reply(429, API_ERROR)] * 10,
        [Reply(429, API_ERROR)] * 3 + [DROP_LATE, Reply(500, API_ERROR)],
    ],
)
async def test_faults_that_pass_are_repeated_with_the_same_bytes_and_key(
    steps: Sequence[Step],
) -> None:
    async with _client(*steps, OK) as (client, served):
        answer = await _send(client, "customers.create", "sc1_k", email="a@b.c")
        assert answer.body == OK.body
        assert len({(seen.body, seen.headers["idempotency-key"]) for seen in served.seen}) == 1
        assert len(served.seen) == len(steps) + 1 - steps.count(DROP_EARLY)


@pytest.mark.parametrize("operation", ["customers.retrieve", "customers.delete"])
@pytest.mark.parametrize("step", [DROP_LATE, CUT, Reply(502, b"")])
async def test_reads_and_deletes_are_repeated_without_a_key(operation: str, step: Step) -> None:
    async with _client(step, OK) as (client, served):
        assert (await _send(client, operation, customer="cus_1")).status == 200
        assert len(served.seen) == 2


async def test_an_answer_that_never_comes_is_repeated_after_the_time_out() -> None:
    async with _client(SILENT, OK, timeout=0.2) as (client, served):
        assert (await _send(client, "customers.create", "k")).status == 200
        assert len(served.seen) == 2
    async with _client(SILENT, timeout=0.05) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await _send(client, "customers.create", "k")
        assert caught.value.problem.code == "no_answer"
        assert "0.05 seconds" in caught.value.problem.message


@pytest.mark.parametrize("step", [DROP_LATE, CUT, Reply(500, API_ERROR), Reply(200, b"<html>")])
async def test_a_write_without_a_key_is_sent_once_when_it_may_have_arrived(step: Step) -> None:
    async with _client(step, OK) as (client, served):
        with pytest.raises(UncertainError) as caught:
            await _send(client, "customers.create")
        assert "Look in Stripe" in caught.value.problem.remedy
        assert len(served.seen) == 1


async def test_a_write_without_a_key_is_repeated_when_it_surely_was_not_done() -> None:
    async with _client(Reply(429, API_ERROR), OK) as (client, served):
        assert (await _send(client, "customers.create")).status == 200
        assert len(served.seen) == 2


async def test_what_ends_without_an_answer_is_uncertain_for_writes_only() -> None:
    for step in (DROP_LATE, Reply(500, API_ERROR)):
        async with _client(step) as (client, served):
            with pytest.raises(UncertainError) as caught:
                await _send(client, "customers.create", "k")
            assert "same idempotency key" in caught.value.problem.remedy
            assert len(served.seen) == 4
            with pytest.raises(UnreachableError):
                await _send(client, "customers.retrieve", customer="cus_1")
            with pytest.raises(UncertainError, match="Look in Stripe"):
                await _send(client, "customers.delete", customer="cus_1")


async def test_a_doubt_outlives_a_later_429() -> None:
    async with _client(DROP_LATE, Reply(429, API_ERROR)) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await _send(client, "customers.create", "k")
        assert caught.value.problem.code == "rate_limit"
    async with _client(Reply(429, API_ERROR)) as (client, served):
        with pytest.raises(UnreachableError):
            await _send(client, "customers.create", "k")
        assert len(served.seen) == 13


async def test_should_retry_false_ends_at_once() -> None:
    async with _client(Reply(500, API_ERROR, {"Stripe-Should-Retry": "false"})) as (client, served):
        with pytest.raises(UncertainError):
            await _send(client, "customers.create", "k")
        assert len(served.seen) == 1


async def test_a_repeated_failure_is_final() -> None:
    async with _client(Reply(500, API_ERROR, {"Idempotent-Replayed": "true"})) as (client, served):
        with pytest.raises(UncertainError) as caught:
            await _send(client, "customers.create", "k")
        problem = caught.value.problem
        assert (problem.code, problem.status, problem.request_id) == (
            "replayed_failure",
            500,
            "req_1",
        )
        assert len(served.seen) == 1


async def test_a_first_request_that_does_not_end_is_uncertain() -> None:
    async with _client(Reply(409, IN_USE)) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await _send(client, "customers.create", "k")
        assert caught.value.problem.code == "idempotency_key_in_use"


async def test_gone_after_an_unanswered_delete_means_done() -> None:
    async with _client(DROP_LATE, Reply(404, MISSING)) as (client, _):
        answer = await _send(client, "customers.delete", customer="cus_1")
        assert answer == Answer(404, b"{}", "req_2", replayed=True)
    async with _client(Reply(429, API_ERROR), Reply(404, MISSING)) as (client, _):
        with pytest.raises(RefusedError):
            await _send(client, "customers.delete", customer="cus_1")


async def test_a_kept_connection_that_broke_does_not_hide_a_second_delete() -> None:
    async with _client(OK, DROP_LATE, Reply(404, MISSING)) as (client, served):
        await _send(client, "balance.retrieve")
        assert (await _send(client, "customers.delete", customer="cus_1")).replayed
        assert len(served.seen) == 3


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
    async with _client(reply) as (client, served):
        with pytest.raises(CredentialError) as caught:
            await _send(client, "customers.create", "k")
        assert caught.value.problem.code == code
        assert caught.value.problem.remedy
        assert len(served.seen) == 1


async def test_other_refusals_carry_their_problem() -> None:
    body = (
        b'{"error":{"type":"invalid_request_error","code":"parameter_unknown",'
        b'"message":"Received unknown parameter: a[b]","param":"a[b]"}}'
    )
    async with _client(Reply(400, body)) as (client, served):
        with pytest.raises(RefusedError) as caught:
            await _send(client, "customers.create", "k")
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
    async with _client(reply) as (client, served):
        for operation, key in (("customers.create", "k"), ("balance.retrieve", "")):
            with pytest.raises(UnreachableError) as caught:
                await _send(client, operation, key)
            assert caught.value.problem.code == "not_stripe"
            assert KEY not in str(caught.value)
        assert len(served.seen) == 2


async def test_no_error_and_no_log_line_shows_a_key(caplog: pytest.LogCaptureFixture) -> None:
    echo = f'{{"error":{{"code":"{KEY}","message":"{KEY}!","param":"{KEY}"}}}}'.encode()
    with caplog.at_level(logging.DEBUG):
        for step in (Reply(400, echo), Reply(401, echo), Reply(500, echo), DROP_LATE, CUT):
            async with _client(step) as (client, _):
                with pytest.raises(ConnectorError) as caught:
                    await _send(client, "customers.create", "k")
                assert KEY not in repr(client.settings) + str(caught.value) + repr(caught.value)
                assert caught.value.__cause__ is None
    assert caplog.records
    assert KEY not in caplog.text


async def test_a_key_that_is_no_header_value_never_leaves() -> None:
    async with loopback() as served:
        settings = Settings("sk_test_x\n", address=served.address)
        async with Client(settings, MemoryHost()) as client:
            with pytest.raises(CredentialError):
                await _send(client, "balance.retrieve")
        assert not served.connections


class _Watched(MemoryHost):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, float | None]] = []
        self.paced: list[list[str]] = []

    def pace(self, scope: str, limits: Sequence[Limit]):  # type: ignore[no-untyped-def]
        self.paced.append([limit.name for limit in limits])
        return super().pace(scope, ())

    def slowed(self, scope: str, limit: str, wait: float | None) -> None:
        assert scope == "acct_1/test"
        self.told.append((limit, wait))


async def test_every_attempt_is_paced_and_429s_are_told() -> None:
    lock = b'{"error":{"code":"lock_timeout","message":"Locked"}}'
    steps = [
        Reply(429, API_ERROR, {"Stripe-Rate-Limited-Reason": "endpoint-rate"}),
        Reply(429, API_ERROR, {"Stripe-Rate-Limited-Reason": "global-rate", "Retry-After": "0"}),
        Reply(429, API_ERROR, {"Stripe-Rate-Limited-Reason": "resource-specific"}),
        Reply(429, lock),
        OK,
    ]
    host = _Watched()
    async with loopback(*steps) as served:
        settings = Settings(
            KEY, address=served.address, scope="acct_1/test", limits={"account": 9, "endpoint": 9}
        )
        async with Client(settings, host, Retry(first=0.001)) as client:
            await _send(client, "customers.create", "k")
    assert [name for name, _ in host.told] == ["POST /v1/customers", "account"]
    assert host.paced == [["account", "POST /v1/customers"]] * 5


async def test_a_file_is_sent_from_disk_or_memory(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    async with loopback() as served:
        settings = Settings(KEY, address=served.address)
        async with Client(settings, MemoryHost(folder=tmp_path)) as client:
            await _send(client, "files.create", "k", purpose="business_logo", file="logo.png")
            await _send(client, "files.create", "k", purpose="business_logo", file=b"PDF")
            assert b'name="file"; filename="logo.png"' in served.seen[0].body
            assert b"\r\n\r\n\x89PNG\r\n" in served.seen[0].body
            assert b"\r\n\r\nPDF\r\n" in served.seen[1].body
            for path, code in (
                ("nope.png", "file_missing"),
                ("../logo.png", "file_outside"),
                ("/etc/hostname", "file_outside"),
                (".", "file_unreadable"),
                ("a\0b", "file_unreadable"),
            ):
                with pytest.raises(RefusedError) as caught:
                    await _send(client, "files.create", "k", purpose="business_logo", file=path)
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
