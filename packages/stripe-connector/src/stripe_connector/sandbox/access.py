"""Who may use the sandbox: programs on this machine, with a key of test mode.

A page in a browser can send requests to 127.0.0.1 too. `Host` betrays DNS rebinding; `Origin` and
`Sec-Fetch-Site` betray all others.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from stripe_connector.catalogue import ApiCall, Catalogue
from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.refusal import RefusalError

_KEY = re.compile(r"[sr]k_test_\w+")
_FOREIGN = ("cross-site", "same-site")


def require_local(headers: Mapping[str, str], port: int) -> None:
    """Raises RefusalError for another host (421) or a page of another site (403)."""
    host = headers.get("Host", "")
    if not _is_here(host, port):
        raise RefusalError(
            421,
            f"This sandbox serves this machine only, not {_named(host)}. Use the address "
            f"that it printed: http://127.0.0.1:{port}.",
        )
    origin = headers.get("Origin")
    foreign = origin is not None and not _is_own(origin, port)
    if foreign or headers.get("Sec-Fetch-Site", "").lower() in _FOREIGN:
        raise RefusalError(
            403,
            f"A page of {_named(origin or 'another site')} made this request. The sandbox answers "
            "programs on this machine, not pages of other sites.",
        )


def _is_own(origin: str, port: int) -> bool:
    scheme, separator, host = origin.partition("://")
    return bool(separator) and scheme == "http" and _is_here(host, port)


def _is_here(host: str, port: int) -> bool:
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
    return repr(text[:100]) if text else "a request without a Host"


_SHOWN = 4


def authenticate(header: str) -> str:
    """Raises RefusalError unless the key is one of test mode."""
    scheme, _, value = header.partition(" ")
    key = value.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise refusal.no_key()
    if not _KEY.fullmatch(key):
        raise refusal.wrong_key()
    return key


class UnknownPermissionError(ValueError):
    """No API call asks for this permission."""


class Permissions:
    """`restricted` maps restricted keys to permissions as Stripe names them (`rak_customer_read`;
    `_write` includes it). Raises UnknownPermissionError."""

    def __init__(self, catalogue: Catalogue, restricted: Mapping[str, Iterable[str]]) -> None:
        self._catalogue = catalogue
        self._restricted = {key: frozenset(names) for key, names in restricted.items()}
        known = {self.needed(api_call) for api_call in catalogue.api_calls.values()}
        for name in sorted(frozenset[str]().union(*self._restricted.values()) - known):
            raise UnknownPermissionError(
                f"there is no permission {name}; they are like rak_customer_read"
            )

    def check(self, key: str, api_call: ApiCall, account: str) -> None:
        """Raises RefusalError 403."""
        held = self._restricted.get(key)
        if held is None:
            return
        needed = self.needed(api_call)
        if needed in held or f"{needed.removesuffix('_read')}_write" in held:
            return
        shown = f"{key[:8]}{'*' * 10}{key[-_SHOWN:]}"
        raise RefusalError(
            403,
            f"The provided key '{shown}' does not have the required permissions for this "
            f"endpoint on account '{account}'. Having the '{needed}' permission would allow this "
            "request to continue.",
        )

    def needed(self, api_call: ApiCall) -> str:
        answered = (api_call.returns, *api_call.returns_any)
        name = next((self._catalogue.resource(each).object_name for each in answered if each), "")
        noun = (name or api_call.object.replace(".", "_").removesuffix("s")).replace(".", "_")
        return f"rak_{noun}_{'read' if api_call.method == 'GET' else 'write'}"
