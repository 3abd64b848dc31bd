"""What carries one attempt at a request; the seam at which another transport can be put in."""

from collections.abc import Callable
from typing import BinaryIO, Protocol

from stripe_connector.client.answer import Fault, Reply
from stripe_connector.client.settings import Settings


class Transport(Protocol):
    """One attempt at a time over connections of its own. `Session` is the one over HTTP."""

    async def exchange(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        into: BinaryIO | None = None,
    ) -> Reply | Fault:
        """Sends once and reads the whole answer, the body of a success `into` a file where one
        is given. A Fault says that no answer came, and whether the request may have arrived."""
        ...

    async def close(self) -> None:
        """Gives back every connection. May be called twice."""
        ...


Transports = Callable[[Settings], Transport]
"""Makes the transport of one connection."""


def over_http(settings: Settings) -> Transport:
    """Connections over HTTP. Raises SettingError for a proxy that is no URL."""
    from stripe_connector.client.session import Session

    return Session(settings.timeout, settings.connections, settings.proxy)
