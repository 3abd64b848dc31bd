import pytest
from connector_sdk import CredentialError
from stripe_connector.wire import (
    Upload,
    WireError,
    encode_json,
    encode_multipart,
    idempotency_key,
    request_headers,
)


def test_a_request_says_who_and_in_which_version() -> None:
    headers = request_headers("sk_test_x", "2026-10-28.endive", "acct_1", "sc1_k", "text/plain")
    assert headers.pop("User-Agent").startswith("stripe-connector/")
    assert headers == {
        "Authorization": "Bearer sk_test_x",
        "Accept": "application/json",
        "Stripe-Version": "2026-10-28.endive",
        "Stripe-Account": "acct_1",
        "Idempotency-Key": "sc1_k",
        "Content-Type": "text/plain",
    }
    assert set(request_headers("sk", "")) == {"Authorization", "Accept", "User-Agent"}


@pytest.mark.parametrize("key", ["", "sk_test_x\n", "sk test", "sk_tést", "sk\r\nX: y"])
def test_a_key_that_can_be_none_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(CredentialError) as caught:
        request_headers(key, "v")
    assert caught.value.problem.code == "invalid_api_key"
    assert not key.strip() or key.strip() not in str(caught.value)


def test_other_headers_are_checked_too() -> None:
    with pytest.raises(CredentialError) as caught:
        request_headers("sk", "v\nX: y")
    assert caught.value.problem.path == "api_version"
    with pytest.raises(CredentialError) as caught:
        request_headers("sk", "v", account="acct 1")
    assert caught.value.problem.path == "account"
    with pytest.raises(WireError):
        request_headers("sk", "v", key="k" * 256)


def test_keys_are_stable_and_tell_parts_apart() -> None:
    assert idempotency_key("ab", "c") == idempotency_key("ab", "c")
    assert idempotency_key("ab", "c") != idempotency_key("a", "bc")
    assert idempotency_key("a") != idempotency_key("a", "")
    assert idempotency_key("a") == (
        "sc1_3b196fd4907bedf51c3090e9835f2f7cb61e7ee1b2299ea3b8fed9b4183a822a"
    )


def test_json_keeps_order_and_null() -> None:
    assert encode_json({"b": None, "a": [1, "é"]}) == b'{"b":null,"a":[1,"\\u00e9"]}'
    for value in (float("nan"), b"x"):
        with pytest.raises(WireError):
            encode_json({"a": value})  # type: ignore[dict-item]


def test_an_upload_can_not_break_out_of_its_part() -> None:
    body, kind = encode_multipart(
        {"purpose": "x", "file_link_data": {"create": True}},
        {"file": Upload('a"\r\nX: y.png', b"\x00--\r\n")},
    )
    boundary = kind.partition("boundary=")[2]
    assert body.count(boundary.encode()) == 4
    assert b'filename="a%22%0D%0AX: y.png"\r\n' in body
    assert b'name="file_link_data[create]"\r\n\r\ntrue\r\n' in body
    assert body.endswith(f"--{boundary}--\r\n".encode())
