"""Who may talk to the sandbox: programs on this machine, and no page in a browser.

A page of any website can make a browser send requests to 127.0.0.1. Its own name may lead there
(DNS rebinding): then `Host` has that name. Otherwise `Origin` or `Sec-Fetch-Site` tell of it.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from stripe_connector.sandbox.refusal import RefusalError

_FOREIGN = ("cross-site", "same-site")


def require_local(headers: Mapping[str, str], port: int) -> None:
    """Raises RefusalError for a request that was not meant for this address (421), or that a
    page of another one made (403)."""
    host = headers.get("Host", "")
    if not _is_here(host, port):
        raise RefusalError(
            421,
            f"This sandbox serves this machine alone, and not {_named(host)}. Use the address "
            f"that it printed: http://127.0.0.1:{port}.",
        )
    origin = headers.get("Origin")
    foreign = origin is not None and not _is_own(origin, port)
    if foreign or headers.get("Sec-Fetch-Site", "").lower() in _FOREIGN:
        raise RefusalError(
            403,
            f"A page of {_named(origin or 'another site')} made this request. The sandbox answers "
            "programs on this machine, and no page of another address.",
        )


def _is_own(origin: str, port: int) -> bool:
    scheme, separator, host = origin.partition("://")
    return bool(separator) and scheme == "http" and _is_here(host, port)


def _is_here(host: str, port: int) -> bool:
    """Whether a name with its port is this machine's own at `port`."""
    try:
        found = urlsplit(f"//{host}")
        name, stated = found.hostname or "", found.port or 80
    except ValueError:
        return False
    if found.netloc != host or "@" in host or stated != port:
        return False
    if name.rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _named(text: str) -> str:
    return repr(text[:100]) if text else "a request without a name of its host"
