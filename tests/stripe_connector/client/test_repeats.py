from collections.abc import Sequence

import pytest
from connector_sdk import (
    Limit,
    MemoryHost,
    RefusedError,
    UncertainError,
    UnreachableError,
)
from stripe_connector.client import Client, Retry, Settings

from tests.stripe_connector.client.calling import (
    API_ERROR,
    IN_USE,
    KEY,
    MISSING,
    OK,
    scripted,
    send,
)
from tests.stripe_connector.client.loopback import (
    CUT,
    DROP_EARLY,
    DROP_LATE,
    SILENT,
    Reply,
    Step,
    loopback,
)


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
    async with scripted(*steps, OK) as (client, served):
        answer = await send(client, "customers.create", "sc1_k", email="a@b.c")
        assert answer.body == OK.body
        assert len({(seen.body, seen.headers["idempotency-key"]) for seen in served.seen}) == 1
        assert len(served.seen) == len(steps) + 1 - steps.count(DROP_EARLY)


@pytest.mark.parametrize("api_call", ["customers.retrieve", "customers.delete"])
@pytest.mark.parametrize("step", [DROP_LATE, CUT, Reply(502, b"")])
async def test_reads_and_deletes_are_repeated_without_a_key(api_call: str, step: Step) -> None:
    async with scripted(step, OK) as (client, served):
        assert (await send(client, api_call, customer="cus_1")).status == 200
        assert len(served.seen) == 2


async def test_an_answer_that_never_comes_is_repeated_after_the_time_out() -> None:
    async with scripted(SILENT, OK, timeout=2) as (client, served):
        assert (await send(client, "customers.create", "k")).status == 200
        assert len(served.seen) == 2
    async with scripted(SILENT, timeout=1) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await send(client, "customers.create", "k")
        assert caught.value.problem.code == "no_answer"
        assert "1 seconds" in caught.value.problem.message


@pytest.mark.parametrize("step", [DROP_LATE, CUT, Reply(500, API_ERROR), Reply(200, b"<html>")])
async def test_a_write_without_a_key_is_sent_once_when_it_may_have_arrived(step: Step) -> None:
    async with scripted(step, OK) as (client, served):
        with pytest.raises(UncertainError) as caught:
            await send(client, "customers.create")
        assert "Look in Stripe" in caught.value.problem.remedy
        assert len(served.seen) == 1


async def test_a_write_without_a_key_is_repeated_when_it_surely_was_not_done() -> None:
    async with scripted(Reply(429, API_ERROR), OK) as (client, served):
        assert (await send(client, "customers.create")).status == 200
        assert len(served.seen) == 2


async def test_what_ends_without_an_answer_is_uncertain_for_writes_only() -> None:
    for step in (DROP_LATE, Reply(500, API_ERROR)):
        async with scripted(step) as (client, served):
            with pytest.raises(UncertainError) as caught:
                await send(client, "customers.create", "k")
            assert "same idempotency key" in caught.value.problem.remedy
            assert len(served.seen) == 4
            with pytest.raises(UnreachableError):
                await send(client, "customers.retrieve", customer="cus_1")
            with pytest.raises(UncertainError, match="Look in Stripe"):
                await send(client, "customers.delete", customer="cus_1")


async def test_a_doubt_outlives_a_later_429() -> None:
    async with scripted(DROP_LATE, Reply(429, API_ERROR)) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await send(client, "customers.create", "k")
        assert caught.value.problem.code == "rate_limit"
    async with scripted(Reply(429, API_ERROR)) as (client, served):
        with pytest.raises(UnreachableError):
            await send(client, "customers.create", "k")
        assert len(served.seen) == 13


async def test_should_retry_false_ends_at_once() -> None:
    async with scripted(Reply(500, API_ERROR, {"Stripe-Should-Retry": "false"})) as (
        client,
        served,
    ):
        with pytest.raises(UncertainError):
            await send(client, "customers.create", "k")
        assert len(served.seen) == 1


async def test_a_repeated_failure_is_final() -> None:
    async with scripted(Reply(500, API_ERROR, {"Idempotent-Replayed": "true"})) as (client, served):
        with pytest.raises(UncertainError) as caught:
            await send(client, "customers.create", "k")
        problem = caught.value.problem
        assert (problem.code, problem.status, problem.request_id) == (
            "replayed_failure",
            500,
            "req_1",
        )
        assert len(served.seen) == 1


async def test_a_first_request_that_does_not_end_is_uncertain() -> None:
    async with scripted(Reply(409, IN_USE)) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await send(client, "customers.create", "k")
        assert caught.value.problem.code == "idempotency_key_in_use"


async def test_gone_after_an_unanswered_delete_is_to_be_looked_up() -> None:
    async with scripted(DROP_LATE, Reply(404, MISSING)) as (client, _):
        with pytest.raises(UncertainError) as caught:
            await send(client, "customers.delete", customer="cus_1")
        assert caught.value.refused
    async with scripted(Reply(429, API_ERROR), Reply(404, MISSING)) as (client, _):
        with pytest.raises(RefusedError):
            await send(client, "customers.delete", customer="cus_1")


async def test_a_kept_connection_that_broke_does_not_hide_a_second_delete() -> None:
    async with scripted(OK, DROP_LATE, Reply(404, MISSING)) as (client, served):
        await send(client, "balance.retrieve")
        with pytest.raises(UncertainError):
            await send(client, "customers.delete", customer="cus_1")
        assert len(served.seen) == 3


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
            await send(client, "customers.create", "k")
    assert [name for name, _ in host.told] == ["POST /v1/customers", "account"]
    assert host.paced == [["account", "POST /v1/customers"]] * 5
