"""What a client has to know about one connection."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from connector_sdk import Problem, SettingError

from stripe_connector.catalogue.model import HostName

ADDRESSES: Mapping[HostName, str] = {
    "api": "https://api.stripe.com",
    "files": "https://files.stripe.com",
    "meter_events": "https://meter-events.stripe.com",
}
"""Where Stripe answers, as in the official SDK."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The connection of one key and account; checked before it gets here.

    `address` is the base URL, "" for Stripe's own; the other two fall back to it, then to
    Stripe's. `account` acts for a connected account. `proxy` is the URL of an HTTP proxy and
    may hold credentials. `timeout` is seconds for one attempt from connecting to the last
    byte, `retries` how many more attempts follow a failed one. `limits` overrides ceilings in
    calls a second by name: "account", "endpoint", "search", "files" or an operation's id; 0
    lifts one. `scope` says whose pace it is, "" for one made from key and account.
    """

    api_key: str = field(repr=False)
    api_version: str = ""
    account: str = ""
    address: str = ""
    files_address: str = ""
    meter_events_address: str = ""
    proxy: str = field(default="", repr=False)
    timeout: float = 80.0
    retries: int = 5
    connections: int = 64
    limits: Mapping[str, float] = field(default_factory=dict)
    scope: str = ""

    @property
    def mode(self) -> Literal["live", "test"]:
        """What the key says of itself."""
        return "live" if "_live_" in self.api_key else "test"

    def pace_scope(self) -> str:
        """The scope of limits. The key can't be learned from it."""
        if self.scope:
            return self.scope
        digest = hashlib.sha256(f"{self.api_key}\0{self.account}".encode()).hexdigest()
        return f"key_{digest[:16]}"

    def base(self, host: HostName) -> str:
        """The base URL for one of Stripe's hosts, without a slash at its end."""
        own = {"files": self.files_address, "meter_events": self.meter_events_address}
        return (own.get(host) or self.address or ADDRESSES[host]).rstrip("/")

    def local(self, host: HostName) -> bool:
        """Whether that host is this machine: a sandbox, which sets no limits."""
        name = urlsplit(self.base(host)).hostname or ""
        try:
            return name == "localhost" or ip_address(name).is_loopback
        except ValueError:
            return False


def check_address(settings: Settings) -> None:
    """Raises SettingError for an address that can't be right, or that would carry a live key
    in the open."""
    for host in ("api", "files", "meter_events"):
        base = settings.base(host)
        try:
            parts = urlsplit(base)
            right = parts.scheme in ("http", "https") and bool(parts.hostname)
            right = (
                right and parts.port != 0 and not (parts.username or parts.query or parts.fragment)
            )
        except ValueError:
            right = False
        if not right:
            raise SettingError(
                Problem(
                    "invalid_address",
                    "The setting 'address' of the connection is not a plain URL.",
                    "Write it as https://host or http://127.0.0.1:port, `sandbox` for the sandbox, "
                    "or leave it out.",
                    path="address",
                )
            )
        if parts.scheme == "http" and settings.mode == "live" and not settings.local(host):
            raise SettingError(
                Problem(
                    "live_key_unprotected",
                    f"A live key would go to {parts.hostname} without TLS.",
                    "Use an address with https://, or a test key.",
                    path="address",
                )
            )
