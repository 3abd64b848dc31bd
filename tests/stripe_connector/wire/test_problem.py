import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.wire import error_body, problem_from, without_secrets

INVALID = "invalid_request_error"


def _body(**error: object) -> bytes:
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("status", "error", "code", "part_of_remedy"),
    [
        (404, {"type": INVALID, "code": "resource_missing"}, "resource_missing", "Check the id"),
        (
            400,
            {"type": INVALID, "code": "parameter_unknown"},
            "parameter_unknown",
            "Take the field out",
        ),
        (
            400,
            {"type": INVALID, "code": "parameter_missing"},
            "parameter_missing",
            "Give this field",
        ),
        (402, {"type": "card_error", "code": "card_declined"}, "card_declined", "another card"),
        (402, {"type": "card_error"}, "card_error", "another way to pay"),
        (429, {"type": INVALID, "code": "rate_limit"}, "rate_limit", "Lower the pace"),
        (429, {"type": "api_error"}, "rate_limit", "Lower the pace"),
        (429, {"code": "lock_timeout"}, "lock_timeout", "same object"),
        (
            409,
            {"type": "idempotency_error", "code": "idempotency_key_in_use"},
            "idempotency_key_in_use",
            "Wait",
        ),
        (400, {"type": "idempotency_error"}, "idempotency_error", "other contents"),
        (401, {"type": INVALID}, "invalid_api_key", "whole key"),
        (401, {"code": "api_key_expired"}, "api_key_expired", "new key"),
        (403, {"type": INVALID}, "permission_missing", "permission it lacks"),
        (403, {"code": "account_invalid"}, "account_invalid", "still connected"),
        (500, {"type": "api_error"}, "api_error", "status.stripe.com"),
        (503, {"type": INVALID}, "invalid_request_error", "status.stripe.com"),
        (400, {"type": INVALID}, "invalid_request_error", "Correct the request"),
        (418, {}, "http_418", "Correct the request"),
    ],
)
def test_each_fault_has_a_code_and_a_remedy(
    status: int, error: dict[str, object], code: str, part_of_remedy: str
) -> None:
    problem = problem_from(status, {"Request-Id": "req_1"}, _body(message="It failed", **error))
    assert (problem.code, problem.status, problem.request_id) == (code, status, "req_1")
    assert problem.message == "It failed."
    assert part_of_remedy in problem.remedy
    assert problem.type == error.get("type", "")


def test_the_field_is_named_in_our_way() -> None:
    body = _body(message="No such price: 'p'", code="resource_missing", param="items[0][price]")
    assert problem_from(400, {}, body).path == "items[0].price"


def test_a_decline_says_why() -> None:
    body = _body(message="Declined.", code="card_declined", decline_code="insufficient_funds")
    assert problem_from(402, {}, body).message == "Declined (decline code insufficient_funds)."


def test_a_missing_permission_is_named() -> None:
    message = (
        "The provided key 'rk_test_********abcd' does not have the required permissions for this "
        "endpoint on account 'acct_1'. Having the 'rak_customer_read' permission would allow "
        "this request to continue."
    )
    problem = problem_from(403, {}, _body(message=message))
    assert "permission rak_customer_read," in problem.remedy
    assert "The provided key does not have" in problem.message
    assert "rk_test" not in problem.text()


def test_a_refused_version_has_its_own_code() -> None:
    problem = problem_from(400, {}, _body(message="Invalid Stripe API version: 1999-01-01"))
    assert problem.code == "invalid_api_version"
    assert "api_version" in problem.remedy


@pytest.mark.parametrize(
    "said",
    [
        "Invalid API Key provided: sk_test_****1234",
        "Invalid API Key provided: rk_live_51Habcdefg.",
        "Invalid API Key provided (sk_test_abc)",
    ],
)
def test_no_key_is_told_not_even_masked(said: str) -> None:
    assert problem_from(401, {}, _body(message=said)).message == "Invalid API Key provided."
    assert without_secrets("whsec_abc pi_1_secret_2 sk_org_live_zz1") == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>502</h1> sk_test_abc",
        b"[]",
        b"null",
        b'{"error": 1}',
        b"\xff",
        b"1" * 9999,
        b"[" * 99999,
    ],
)
def test_what_is_not_from_stripe_is_said_so(body: bytes) -> None:
    problem = problem_from(502, {"Content-Type": "text/html; charset=utf-8"}, body)
    assert problem.code == "not_stripe"
    assert "text/html" in problem.message
    assert "proxy" in problem.remedy
    assert "sk_test" not in problem.text()
    assert len(problem.message) < 300


def test_an_object_of_the_other_mode_is_not_missing() -> None:
    said = (
        "No such customer: 'cus_1'; a similar object exists in test mode, but a live mode key was "
        "used to make this request."
    )
    problem = problem_from(404, {}, _body(type=INVALID, code="resource_missing", message=said))
    assert problem.code == "wrong_mode"
    assert "a key of the mode" in problem.remedy


def test_the_oauth_form_of_an_error_is_read() -> None:
    problem = problem_from(400, {}, b'{"error":"invalid_grant","error_description":"Gone"}')
    assert (problem.code, problem.message) == ("invalid_grant", "Gone.")


def test_the_sandbox_writes_what_is_read_here() -> None:
    body = error_body(
        "card_error", "Declined.", "card_declined", "items[0][x]", decline_code="fraudulent"
    )
    assert list(body["error"]) == [  # type: ignore[arg-type]
        "code",
        "doc_url",
        "message",
        "param",
        "decline_code",
        "type",
    ]
    problem = problem_from(402, {}, json.dumps(body).encode())
    assert (problem.code, problem.path, problem.type) == (
        "card_declined",
        "items[0].x",
        "card_error",
    )
    assert error_body("invalid_request_error", "Both.") == {
        "error": {"message": "Both.", "type": "invalid_request_error"}
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    st.integers(300, 599),
    st.dictionaries(
        st.sampled_from(["message", "code", "type", "param", "decline_code"]), json_values
    )
    | json_values,
)
def test_any_error_body_becomes_a_problem(status: int, error: object) -> None:
    problem = problem_from(status, {}, json.dumps({"error": error}).encode())
    assert problem.code
    assert problem.message.endswith((".", "!", "?"))
    assert problem.remedy
