"""The identity of a record, and the key under which a call can be repeated without harm."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from connector_sdk import JSON, Call

from connector_agent.mapping.path import Path, read_path


def identity_of(record: JSON, paths: Sequence[Path]) -> str:
    """What makes this source record the same record again: its identity fields, as text.

    "" when any of them is absent or blank: a record without identity can't be recognised.
    A single field stands as it is; several are joined as a JSON list, so that ("a", "bc") and
    ("ab", "c") stay different.
    """
    parts: list[str] = []
    for path in paths:
        value = read_path(record, path)
        if isinstance(value, str):
            text = value.strip()
        elif isinstance(value, (int, float)):
            text = orjson.dumps(value).decode()
        else:
            return ""
        if not text:
            return ""
        parts.append(text)
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 else orjson.dumps(parts).decode()


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of one run. A key is a hash, so that it holds no personal data and fits
    every limit; the payload is not part of it: an edited record must not become a second
    object."""

    scope: str
    identity_scope: str
    run: str

    def key(self, identity: str, step: int, action: str, attempt: int, *, per_run: bool) -> str:
        """The key of a call. With `per_run` each run has its own: for records without identity,
        for `repeat: create`, and for updates of what an earlier run wrote."""
        identity_scope = f"{self.identity_scope}@{self.run}" if per_run else self.identity_scope
        parts = orjson.dumps([self.scope, identity_scope, identity, step, action, attempt])
        return f"sc-{hashlib.sha256(parts).hexdigest()[:48]}"

    def next(self, call: Call, identity: str) -> Call:
        """The same call one attempt on, with the key that a later run would give it, too."""
        attempt = call.attempt + 1
        for per_run in (False, True):
            old = self.key(identity, call.step, call.body.action, call.attempt, per_run=per_run)
            if old == call.key:
                break
        key = self.key(identity, call.step, call.body.action, attempt, per_run=per_run)
        return call._replace(key=key, attempt=attempt)


def name_of(identity: str, seq: int) -> str:
    """What stands for the identity in a key; records without one are told apart by number."""
    return identity or f"record {seq}"
