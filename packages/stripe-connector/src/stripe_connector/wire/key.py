"""Idempotency keys."""

import hashlib


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
