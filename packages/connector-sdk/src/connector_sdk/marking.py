"""Targets that leave the key of a call in what the call makes, so that it is found again."""

from collections.abc import AsyncGenerator
from typing import NamedTuple, Protocol, runtime_checkable

from connector_sdk.record import Body


class Marked(NamedTuple):
    """An object that a call with this `key` made. `failed` says that the call was declined all
    the same: a payment that was made and not paid."""

    key: str
    id: str
    failed: bool = False


@runtime_checkable
class Marking(Protocol):
    """What a target offers beside `Target` where it can list what carries a key."""

    def shelf(self, body: Body) -> bytes | None:
        """Where the object that this request makes is to be found: the same bytes for all that
        stand together. None where it carries no key, or can't be listed."""
        ...

    def marked(self, shelf: bytes) -> AsyncGenerator[Marked, None]:
        """All objects of a shelf that carry a key. Raises CredentialError, UnreachableError,
        and RefusedError where the other system does not list them."""
        ...
