"""The keys of calls for which there is no ledger: made again, they are the same."""

import hashlib
import secrets
from collections import Counter
from typing import Protocol

import msgspec

from connector_sdk.conform import shown
from connector_sdk.record import JSON, Body, Problem, Record


class Keys(Protocol):
    """Names the calls of one batch."""

    given: bool
    """Whether the caller chose the key, so that an earlier process may have sent these calls."""
    edited: bool
    """Whether a record keeps its key when it is edited. Otherwise other contents under a key are
    the caller's mistake."""

    def key(self, record: Record, body: Body) -> str | Problem:
        """The key for the call of this record, or why it can't have one."""
        ...


def hashed(parts: bytes) -> str:
    """A key that holds no personal data and fits every limit."""
    return f"sc-{hashlib.sha256(parts).hexdigest()[:48]}"


def new_prefix() -> str:
    """The key of a batch that was never used before."""
    return secrets.token_hex(8)


class OneKey:
    """The key of a single call, as it is."""

    edited = False

    def __init__(self, key: str, *, given: bool) -> None:
        self.given = given
        self._key = key

    def key(self, record: Record, body: Body) -> str:
        return self._key


class ContentKeys:
    """Keys by what is sent. The same request in the same batch has the same key, in any order;
    each of several equal requests has its own. An edited record is a new one."""

    edited = False

    def __init__(self, batch: str, *, given: bool) -> None:
        self.given = given
        self._batch = batch
        self._seen: Counter[bytes] = Counter()

    def key(self, record: Record, body: Body) -> str:
        said = msgspec.json.encode([body.action, body.json.decode()])
        digest = hashlib.sha256(said).digest()
        self._seen[digest] += 1
        return hashed(f"{self._batch}/{digest.hex()}/{self._seen[digest]}".encode())


class IdentityKeys:
    """Keys by a field that identifies each record. `path` is a field, or a dotted path. An edited
    record keeps its key; a second record with the same identity is refused."""

    edited = True

    def __init__(self, batch: str, path: str, *, given: bool) -> None:
        self.given = given
        self._batch = batch
        self._path = path
        self._seen: dict[str, str] = {}

    def key(self, record: Record, body: Body) -> str | Problem:
        value: JSON = msgspec.json.decode(record.raw)
        for name in self._path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            return Problem(
                "missing_identity",
                f"It has no {self._path}, which identifies the records.",
                "Give it a text or a whole number, or choose another field as the identity.",
                path=self._path,
                value=shown(value),
            )
        identity = str(value)
        if identity in self._seen:
            return Problem(
                "same_identity",
                f"It has the same {self._path} as {self._seen[identity]}: {shown(identity)!r}.",
                "Keep one of the two, or choose an identity that tells them apart.",
                path=self._path,
                value=shown(identity),
            )
        self._seen[identity] = record.at or f"record {record.seq}"
        return hashed(msgspec.json.encode([self._batch, body.action, self._path, identity]))
