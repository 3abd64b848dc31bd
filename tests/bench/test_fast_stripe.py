"""The fast Stripe speaks as much of Stripe's protocol as the benchmark relies on."""

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from stripe_connector import Stripe

from bench.server import fast_stripe, tally

KEY = "sk_test_benchmark"
FORM = "application/x-www-form-urlencoded"


class Caller:
    """One connection, kept alive."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def __call__(
        self, method: str, path: str, body: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        self.connection.request(
            method,
            path,
            urlencode(body) if body is not None else None,
            {
                "Authorization": f"Bearer {KEY}",
                "Content-Type": FORM,
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        answer = self.connection.getresponse()
        return answer.status, json.load(answer), answer.headers


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with fast_stripe(250) as found:
        yield found


@pytest.fixture
def call(address: str) -> Iterator[Caller]:
    caller = Caller(address)
    yield caller
    caller.connection.close()


def test_list_pages_to_its_end(call: Caller) -> None:
    seen: list[str] = []
    sizes = []
    path = "/v1/customers?limit=100"
    while True:
        status, page, _ = call("GET", path)
        assert (status, page["object"], page["url"]) == (200, "list", "/v1/customers")
        sizes.append(len(page["data"]))
        seen += [row["id"] for row in page["data"]]
        if not page["has_more"]:
            break
        path = f"/v1/customers?limit=100&starting_after={seen[-1]}"
    assert sizes[:2] == [100, 100]
    assert len(seen) == len(set(seen)) == sum(sizes)
    assert seen == sorted(seen, reverse=True)


def test_rows_are_like_those_of_stripe(call: Caller) -> None:
    _, page, _ = call("GET", "/v1/customers?limit=2")
    first, second = page["data"]
    assert [*first][:2] == ["id", "object"]
    assert first["created"] > second["created"]
    assert 900 < len(json.dumps(first, separators=(",", ":"))) < 1200


@pytest.mark.parametrize(
    ("path", "status", "type"),
    [
        ("/v1/customers?starting_after=cus_nobody", 400, "invalid_request_error"),
        ("/v1/customers?limit=all", 400, "invalid_request_error"),
        ("/v1/nothing", 404, "invalid_request_error"),
    ],
)
def test_faults_have_the_shape_of_stripe(call: Caller, path: str, status: int, type: str) -> None:
    found, body, _ = call("GET", path)
    assert (found, body["error"]["type"]) == (status, type)


def test_without_a_key_there_is_a_401(call: Caller) -> None:
    assert call("GET", "/v1/account", Authorization="Bearer nobody")[0] == 401
    assert call("GET", "/v1/account")[1]["id"].startswith("acct_")


def test_a_key_makes_a_create_repeatable(address: str, call: Caller) -> None:
    body = {"name": "Ada", "metadata[crm_id]": "K-1"}
    before = tally(address)
    _, made, headers = call("POST", "/v1/customers", body, Idempotency_Key="k-1")
    assert "Idempotent-Replayed" not in headers
    status, again, headers = call("POST", "/v1/customers", body, Idempotency_Key="k-1")
    assert (status, again, headers["Idempotent-Replayed"]) == (200, made, "true")
    status, fault, _ = call("POST", "/v1/customers", {"name": "Bo"}, Idempotency_Key="k-1")
    assert (status, fault["error"]["type"]) == (400, "idempotency_error")
    after = tally(address)
    assert (after.created - before.created, after.replayed - before.replayed) == (1, 1)
    assert call("GET", "/v1/customers?limit=1")[1]["data"][0]["id"] == made["id"]


def test_another_key_doubles(address: str, call: Caller) -> None:
    before = tally(address).doubled
    for key in ("d-1", "d-2"):
        call("POST", "/v1/customers", {"metadata[crm_id]": "D"}, Idempotency_Key=key)
    assert tally(address).doubled - before == 1


def test_a_rate_is_told_with_its_reason() -> None:
    with fast_stripe(1, rate=1) as address:
        call = Caller(address)
        answers = [call("GET", "/v1/customers") for _ in range(20)]
        refused = [answer for answer in answers if answer[0] == 429]
        assert refused
        assert refused[0][1]["error"]["code"] == "rate_limit"
        assert refused[0][2]["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
        assert tally(address).refused_429 == len(refused)
        call.connection.close()


def test_latency_is_waited() -> None:
    with fast_stripe(1, latency=40) as address:
        call = Caller(address)
        began = time.perf_counter()
        call("GET", "/v1/customers")
        assert time.perf_counter() - began >= 0.04
        call.connection.close()


def test_a_drop_comes_after_the_write_and_by_count() -> None:
    with fast_stripe(drop=0.5) as address:
        call = Caller(address)
        assert call("POST", "/v1/customers", {"name": "Ada"}, Idempotency_Key="1")[0] == 200
        with pytest.raises(ConnectionError):
            call("POST", "/v1/customers", {"name": "Bo"}, Idempotency_Key="2")
        call.connection.close()
        _, _, headers = call("POST", "/v1/customers", {"name": "Bo"}, Idempotency_Key="2")
        assert headers["Idempotent-Replayed"] == "true"
        seen = tally(address)
        assert (seen.customers, seen.created, seen.resets, seen.replayed) == (2, 2, 1, 1)
        call.connection.close()


async def test_the_client_of_the_project_gets_along_with_it(address: str) -> None:
    async with Stripe(KEY, address=address) as stripe:
        tested = await stripe.test()
        assert (tested.ok, tested.account) == (True, "acct_1FastStripe0000")
        before = tally(address).customers
        made = await stripe.create("customers", {"name": "Ada"}, key="client-1")
        listed = [each["id"] async for each in stripe.list("customers")]
    assert listed[0] == made["id"]
    assert len(listed) == before + 1
