"""An outcome on its way into the ledger."""

from typing import NamedTuple

from connector_sdk import Outcome


class Verdict(NamedTuple):
    """An outcome with the record that it belongs to; `record` is None where an intent holds
    it, `action` is the call's."""

    outcome: Outcome
    identity: str
    at: str
    record: bytes | None
    attempt: int = 0
    first_sent: float | None = None
    synced: bool = False
