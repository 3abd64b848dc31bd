"""Stripe's error bodies: read into Problems with a remedy, and written for the sandbox."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from connector_sdk import JSON, Problem, shown

from stripe_connector.wire.path import field_path

_SECRET = re.compile(
    r"\(?['\"]?\b(?:(?:sk|rk|pk|ek|mk|uk)_(?:org_)?(?:test|live)_[\w*.-]*|whsec_[\w*]+"
    r"|\w+_secret_\w+)['\"]?\)?"
)
_PERMISSION = re.compile(r"\brak_\w+")
_OTHER_MODE = re.compile(r"a similar object exists in (test|live) mode", re.IGNORECASE)
_VERSION = re.compile(r"Invalid Stripe API version", re.IGNORECASE)
_SHOWN_BODY = 120

_REMEDIES = {
    "invalid_api_key": "Check that the whole key was copied and that it was not rolled or "
    "deleted, under Developers, API keys in the Stripe Dashboard.",
    "api_key_expired": "Make a new key under Developers, API keys in the Stripe Dashboard.",
    "account_invalid": "Check the account's id, and that it is still connected to the "
    "platform that the key belongs to.",
    "invalid_api_version": "Set api_version to a version that Stripe lists in its changelog, "
    "or leave it out.",
    "resource_missing": "Check the id, and that it belongs to this account and to the same mode "
    "(test or live) as the key.",
    "wrong_mode": "Use a key of the mode that the object is in, or an id of this mode.",
    "parameter_unknown": "Take the field out, or look its name up in the schema.",
    "parameter_missing": "Give this field a value.",
    "parameter_invalid_empty": "Give a value, or leave the field out.",
    "parameter_invalid_integer": "Give a whole number.",
    "parameters_exclusive": "Give only one of these fields.",
    "card_declined": "Ask the customer for another card, or to talk to the bank that issued it.",
    "expired_card": "Ask the customer for another card.",
    "rate_limit": "Lower the pace, or try again in a moment.",
    "lock_timeout": "Try again in a moment: another request was changing the same object.",
    "idempotency_key_in_use": "Wait for the first request with this key to finish, then look "
    "at what it did.",
    "idempotency_error": "The same write was sent with other contents before: look at what "
    "that one did, then send this as a new attempt.",
    "testmode_charges_only": "Complete the account's activation in the Stripe Dashboard, or use "
    "a test key.",
    "resource_already_exists": "Choose another id, or update the object that exists.",
    "api_error": "Look at status.stripe.com, and try again later.",
    "card_error": "Ask the customer for another way to pay.",
}
_BY_STATUS = {
    404: "Check the path: this account, version or key does not offer it.",
    424: "Something that Stripe relies on failed; try again later.",
    429: "Lower the pace, or try again in a moment.",
}
_OTHERWISE = "Correct the request by what Stripe says, then send it again."


def problem_from(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    """What Stripe's answer says, as a Problem with a remedy.

    `code` is Stripe's, or one of ours where it gives none: invalid_api_key (401),
    permission_missing (403), invalid_api_version, wrong_mode (the object is there in the other
    mode, so that it is not gone), rate_limit (429), not_stripe (the answer is not from Stripe's
    API: a proxy's page), else Stripe's error type. `path` names the field in
    our way of writing. No API key and no client secret is in it, not even masked.
    """
    request_id = _header(headers, "request-id")
    error = _error(body)
    if error is None:
        return _not_stripe(status, headers, body, request_id)
    said = without_secrets(str(error.get("message") or error.get("user_message") or ""))
    kind = str(error.get("type") or "")
    code = _code(status, kind, str(error.get("code") or ""), said)
    return Problem(
        code,
        _message(status, code, said, str(error.get("decline_code") or "")),
        _remedy(status, code, kind, said),
        path=field_path(str(error.get("param") or "")),
        request_id=request_id,
        status=status,
        type=kind,
    )


def without_secrets(text: str) -> str:
    """The text without API keys, webhook secrets and client secrets, whole or masked."""
    return " ".join(_SECRET.sub("", text).split()).replace(" :", ":").removesuffix(":")


def error_body(
    type: str, message: str, code: str = "", param: str = "", **more: JSON
) -> dict[str, JSON]:
    """An error body as Stripe writes it, for the sandbox; `param` in Stripe's way of writing
    ("items[0][price]"), `more` for parts such as decline_code."""
    error: dict[str, JSON] = {}
    if code:
        error["code"] = code
        error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    error["message"] = message
    if param:
        error["param"] = param
    error.update(more)
    error["type"] = type
    return {"error": error}


def _error(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    error = parsed.get("error")
    if isinstance(error, str):  # the form of OAuth: {"error": "...", "error_description": "..."}
        return {"code": error, "message": parsed.get("error_description", "")}
    return error if isinstance(error, dict) else None


def _code(status: int, kind: str, code: str, said: str) -> str:
    if _VERSION.search(said):
        return "invalid_api_version"
    if status == 401:
        return code if code == "api_key_expired" else "invalid_api_key"
    if status == 403:
        return code if code.startswith("account_") else "permission_missing"
    if _OTHER_MODE.search(said):
        return "wrong_mode"
    if code:
        return code
    return "rate_limit" if status == 429 else kind or f"http_{status}"


def _message(status: int, code: str, said: str, decline_code: str) -> str:
    if not said:
        said = f"Stripe answered with status {status} ({code})"
    if decline_code and decline_code not in said:
        said = f"{said.rstrip('.')} (decline code {decline_code})"
    if not said.endswith((".", "!", "?")):
        said += "."
    return said


def _remedy(status: int, code: str, kind: str, said: str) -> str:
    if code == "permission_missing":
        names = sorted(set(_PERMISSION.findall(said)))
        wanted = f"the permission {' or '.join(names)}" if names else "the permission it lacks"
        return (
            f"Give the restricted key {wanted}, under Developers, API keys in the Stripe "
            "Dashboard, or use another key."
        )
    return (
        _REMEDIES.get(code)
        or _BY_STATUS.get(status)
        or (_REMEDIES["api_error"] if status >= 500 else _REMEDIES.get(kind))
        or _OTHERWISE
    )


def _not_stripe(status: int, headers: Mapping[str, str], body: bytes, request_id: str) -> Problem:
    kind = _header(headers, "content-type").partition(";")[0] or "no content type"
    text = re.sub(r"<[^<>]*>", " ", body[:4096].decode("utf-8", "replace"))
    text = shown(without_secrets(text)[:_SHOWN_BODY])
    begins = f", which begins {text!r}" if text else ""
    return Problem(
        "not_stripe",
        f"The answer with status {status} is not one of Stripe's API: {shown(kind)}{begins}.",
        "Check the address and the proxy of the connection: something between here and Stripe "
        "answered instead.",
        request_id=request_id,
        status=status,
    )


def _header(headers: Mapping[str, str], name: str) -> str:
    """By name in any case: a plain dict of headers is as welcome as a case-blind one."""
    found = headers.get(name)
    if found is not None:
        return found
    return next((value for key, value in headers.items() if key.lower() == name), "")
