import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.client import Retry
from stripe_connector.client.decision import retry_after, worth_another


@pytest.mark.parametrize(
    ("status", "headers", "code", "again"),
    [
        (0, {}, "", True),
        (409, {}, "", True),
        (409, {}, "idempotency_key_in_use", True),
        (409, {}, "idempotency_error", False),
        (429, {}, "", True),
        (429, {"Stripe-Should-Retry": "false"}, "", True),
        (500, {}, "", True),
        (503, {}, "", True),
        (500, {"Stripe-Should-Retry": "false"}, "", False),
        (500, {"Idempotent-Replayed": "true"}, "", False),
        (500, {"Idempotent-Replayed": "true", "Stripe-Should-Retry": "true"}, "", False),
        (400, {}, "", False),
        (400, {"Stripe-Should-Retry": "true"}, "", True),
        (402, {}, "card_declined", False),
        (404, {}, "resource_missing", False),
        (301, {}, "", False),
    ],
)
def test_what_is_worth_another_attempt(
    status: int, headers: dict[str, str], code: str, again: bool
) -> None:
    assert worth_another(status, headers, code) is again


@given(st.integers(1, 60), st.sampled_from([0, 409, 429, 500]), st.integers())
def test_waits_grow_to_a_bound_and_end(attempts: int, status: int, seed: int) -> None:
    retry = Retry(retries=5, random=random.Random(seed))
    wait = retry.wait(attempts, status, {})
    if attempts > (20 if status == 429 else 5):
        assert wait is None
    else:
        assert wait is not None
        assert 0 <= wait <= min(8.0, 0.5 * 2 ** (attempts - 1))


def test_waits_are_spread() -> None:
    retry = Retry(random=random.Random(1))
    waits = sorted(retry.wait(4, 500, {}) or 0.0 for _ in range(100))
    assert waits[10] < 1.0
    assert waits[90] > 3.0


def test_no_retries_means_none() -> None:
    for status in (0, 409, 429, 500):
        assert Retry(retries=0).wait(1, status, {}) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3", 3.0), ("60", 60.0), ("61", None), ("-1", None), ("", None), ("1.5", None)],
)
def test_retry_after_is_obeyed_when_sane(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}) == seconds
    wait = Retry(first=0.0).wait(1, 429, {"Retry-After": text})
    assert wait == (seconds or 0.0)
