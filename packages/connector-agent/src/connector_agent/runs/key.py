"""The key under which a call can be repeated without harm."""

from dataclasses import dataclass

import orjson
from connector_sdk import Call
from connector_sdk.keys import hashed


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
        return hashed(parts)

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
