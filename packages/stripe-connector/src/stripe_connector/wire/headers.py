"""The headers of a request, and the idempotency key."""

import functools
import hashlib
import importlib.metadata
import re

from connector_sdk import CredentialError, Problem

from stripe_connector.wire.path import WireError


def idempotency_key(*parts: str) -> str:
    """The same key for the same parts, another for any others; 68 characters, of which the
    parts can't be learned. Each part is hashed with its length, so that ("ab", "c") and
    ("a", "bc") differ."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return f"sc1_{digest.hexdigest()}"


_VISIBLE = re.compile(r"[!-~]+")

FORM = "application/x-www-form-urlencoded"
JSON_BODY = "application/json"


def request_headers(
    api_key: str, version: str, account: str = "", key: str = "", content_type: str = ""
) -> dict[str, str]:
    """What every request to Stripe carries; nothing is told about the machine. Raises
    CredentialError when key, version or account could never be right, and WireError for an
    idempotency key that is no header value or longer than Stripe's 255 characters."""
    if not _VISIBLE.fullmatch(api_key):
        raise CredentialError(
            Problem(
                "invalid_api_key",
                "The API key is empty, or holds a blank, a line break or a character that no "
                "key of Stripe has."
                if api_key
                else "There is no API key.",
                "Copy the key again from the Stripe Dashboard (Developers, API keys).",
                path="api_key",
            )
        )
    headers = {
        "Authorization": f"Bearer {api_key}",
        "User-Agent": user_agent(),
        "Accept": "application/json",
    }
    if version:
        headers["Stripe-Version"] = _setting("api_version", version)
    if account:
        headers["Stripe-Account"] = _setting("account", account)
    if key:
        if not _VISIBLE.fullmatch(key) or len(key) > 255:
            raise WireError(
                "Idempotency-Key",
                "The idempotency key is longer than 255 characters or not plain ASCII.",
                "Make the key with idempotency_key().",
            )
        headers["Idempotency-Key"] = key
    if content_type:
        headers["Content-Type"] = content_type
    return headers


@functools.cache
def user_agent() -> str:
    """The name and version by which Stripe's request log shows this connector."""
    return f"stripe-connector/{importlib.metadata.version('stripe-connector')}"


@functools.lru_cache(maxsize=64)
def _setting(name: str, value: str) -> str:
    if not _VISIBLE.fullmatch(value):
        raise CredentialError(
            Problem(
                f"invalid_{name}",
                f"The setting {name!r} holds a blank or a character that it can't have.",
                "Correct the setting of the connection.",
                path=name,
            )
        )
    return value
