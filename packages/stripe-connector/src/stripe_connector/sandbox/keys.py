"""Idempotency keys: the first answer is remembered and repeated."""

import hashlib

import orjson

from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.store import Account, Remembered

MAX_KEY = 255
HORIZON_V2 = 30 * 86400.0
"""Seconds that API v2 remembers a key (docs.stripe.com/api-v2-overview)."""


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    """The order of parameters doesn't matter."""
    parts = [method.encode(), path.encode(), *_parameters(path, body)]
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()


def _parameters(path: str, body: bytes) -> list[bytes]:
    if not path.startswith("/v2/"):
        return sorted(body.split(b"&"))
    try:
        return [orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)]
    except orjson.JSONDecodeError:
        return [body]


class Keys:
    """`horizon` is how many seconds API v1 remembers an answer; v2 remembers successes only."""

    def __init__(self, horizon: float) -> None:
        self.horizon = horizon
        self._in_use: set[tuple[str, str]] = set()

    def begin(
        self, account: Account, key: str, fingerprint: str, now: float, *, v2: bool = False
    ) -> Remembered | None:
        """The answer to repeat, or None: then the key is in use until `end`. Raises RefusalError if
        it is in use, or was another request's."""
        if len(key) > MAX_KEY:
            raise RefusalError(
                400,
                f"Idempotency keys may have up to {MAX_KEY} characters; this one has {len(key)}.",
                type="idempotency_error",
            )
        if not key.isprintable():
            raise RefusalError(
                400, "Idempotency keys have to be printable text.", type="idempotency_error"
            )
        if (account.id, key) in self._in_use:
            raise refusal.key_in_use(key)
        known = account.keys.get(key)
        horizon = HORIZON_V2 if v2 else self.horizon
        if known is not None and now - known.at < horizon:
            if known.fingerprint != fingerprint:
                raise refusal.key_mismatch(key, 409 if v2 else 400)
            return known
        self._in_use.add((account.id, key))
        return None

    def end(self, account: Account, key: str) -> None:
        self._in_use.discard((account.id, key))
