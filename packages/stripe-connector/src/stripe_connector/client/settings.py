"""What a client has to know of one connection, and Stripe's limits on its calls."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from connector_sdk import Limit, Problem, SettingError

from stripe_connector.catalogue.model import ApiCall, HostName

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
    calls a second by name: "account", "endpoint", "search", "files" or an API call's id; 0
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


ACCOUNT = "account"
SEARCH = "search"
FILES = "files"


class _Ceiling(NamedTuple):
    live: float
    test: float
    in_flight: int = 0


_GENERAL: Mapping[str, _Ceiling] = {
    ACCOUNT: _Ceiling(100, 25),
    "endpoint": _Ceiling(25, 25),
    SEARCH: _Ceiling(20, 20),
    FILES: _Ceiling(20, 20),
}
_BY_API_CALL: Mapping[str, _Ceiling] = {
    "payouts.create": _Ceiling(15, 15, in_flight=30),
    "accounts.create": _Ceiling(30, 5),
    "billing.meter_events.create": _Ceiling(1000, 25),
    "v2.billing.meter_event_stream.create": _Ceiling(10_000, 25),
}
_REASONS = {"global": ACCOUNT, "endpoint": "endpoint"}


def limits_of(api_call: ApiCall, settings: Settings) -> tuple[Limit, ...]:
    """The limits of one call. An endpoint is a method and a path template; live meter events
    don't count against the account. On this machine (a sandbox) only overrides hold."""
    own = endpoint_name(api_call)
    special = _BY_API_CALL.get(api_call.id)
    counted = special is None or special.live < _GENERAL[ACCOUNT].live or settings.mode == "test"
    found = [
        _limit(ACCOUNT, ACCOUNT, _GENERAL[ACCOUNT], api_call, settings) if counted else None,
        _limit(own, api_call.id, special, api_call, settings)
        if special or api_call.id in settings.limits
        else _limit(own, "endpoint", _GENERAL["endpoint"], api_call, settings),
    ]
    if api_call.shape == "search":
        found.append(_limit(SEARCH, SEARCH, _GENERAL[SEARCH], api_call, settings))
    if api_call.object == "files":
        found.append(_limit(FILES, FILES, _GENERAL[FILES], api_call, settings))
    return tuple(limit for limit in found if limit is not None)


def limit_hit(api_call: ApiCall, reason: str) -> str:
    """The limit that a 429 names in its Stripe-Rate-Limited-Reason header ("global-rate",
    "endpoint-concurrency" ...); the account's when it names none, "" for "resource-specific",
    which no limit here stands for."""
    if not reason:
        return ACCOUNT
    name = _REASONS.get(reason.partition("-")[0], "")
    return endpoint_name(api_call) if name == "endpoint" else name


def endpoint_name(api_call: ApiCall) -> str:
    """An endpoint as Stripe counts it."""
    return f"{api_call.method} {api_call.path}"


def _limit(
    name: str, setting: str, ceiling: _Ceiling | None, api_call: ApiCall, settings: Settings
) -> Limit | None:
    if settings.local(api_call.host) and settings.mode != "live":
        ceiling = None
    per_second = settings.limits.get(setting)
    if per_second is None and ceiling is not None:
        per_second = ceiling.live if settings.mode == "live" else ceiling.test
    if not per_second:
        return None
    return Limit(name, per_second, in_flight=ceiling.in_flight if ceiling else 0)
