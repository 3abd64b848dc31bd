"""The settings of a connection."""

import re
from collections.abc import Mapping
from dataclasses import replace

from connector_sdk import (
    JSON,
    Form,
    Mode,
    Problem,
    SettingError,
    declared,
    fitted,
    form_of,
    setting,
)

from stripe_connector.address import SANDBOX, SANDBOX_KEY, is_loopback
from stripe_connector.catalogue.versions import shipped
from stripe_connector.client import Settings

_KEY = re.compile(r"[sr]k_(test|live)_[!-~]+")
_VERSION = re.compile(r"\d{4}-\d\d-\d\d(\.[a-z]+)?")
_ACCOUNT = re.compile(r"acct_\w+")


@declared
class ConnectionSettings:
    """The settings of a connection. Reads no more of the catalogue than its version."""

    api_key: str = setting(
        "API key",
        "A secret or restricted key (sk_… or rk_…), best as a reference: ${env:STRIPE_API_KEY}. "
        "The embedded sandbox needs none.",
        default="",
        secret=True,
        variable="STRIPE_API_KEY",
    )
    account: str = setting(
        "Account",
        "A connected account (acct_…) to act for. Without it the key's own.",
        default="",
    )
    api_version: str = setting(
        "API version",
        "The version of Stripe's API that every call asks for. Objects, actions and fields are "
        "those of that version.",
        default=shipped()[-1],
    )
    address: str = setting(
        "Address",
        "Empty for Stripe, `sandbox` for the embedded sandbox, or the URL of another server.",
        default="",
    )
    proxy: str = setting(
        "Proxy",
        "The URL of an HTTP proxy, which may hold a user and a password.",
        default="",
        secret=True,
        variable="STRIPE_PROXY",
    )
    timeout: float = setting(
        "Time-out",
        "Seconds that one attempt of a call may take.",
        default=80.0,
        lowest=0.1,
        highest=3600,
    )
    retries: int = setting(
        "Retries",
        "How often a call is sent again after a fault that may pass.",
        default=5,
        lowest=0,
        highest=20,
    )
    account_must_be: str = setting(
        "Account must be",
        "The account (acct_…) that the key has to belong to; a key of another one is refused "
        "before anything is written.",
        default="",
    )

    @property
    def mode(self) -> Mode:
        """Whose money it is, as far as the settings tell. A live key is live at any address:
        behind one on this machine may be a way to Stripe."""
        if "_live_" in self.api_key[:8]:
            return "live"
        if self.address == SANDBOX or (self.address and is_loopback(self.address)):
            return "sandbox"
        return "test"

    def for_client(self, address: str) -> Settings:
        """The settings of the transport, at this base URL ("" is Stripe's)."""
        return Settings(
            api_key=self.api_key,
            api_version=self.api_version,
            account=self.account,
            address=address,
            proxy="" if is_loopback(address) else self.proxy,
            timeout=self.timeout,
            retries=self.retries,
        )


def connection_form() -> Form:
    """The page of a connection."""
    return form_of(ConnectionSettings, trial={"address": SANDBOX})


def read_settings(values: Mapping[str, JSON]) -> ConnectionSettings:
    """The settings, checked. Raises SettingError with every fault; no message shows a key."""
    given = fitted(ConnectionSettings, values)
    address = given.address.strip()
    settings = replace(
        given,
        api_key=given.api_key.strip() or (SANDBOX_KEY * (address == SANDBOX)),
        api_version=given.api_version or shipped()[-1],
        address=address,
    )
    problems = _faults(settings)
    if problems:
        raise SettingError(*problems)
    return settings


def _faults(settings: ConnectionSettings) -> list[Problem]:
    problems: list[Problem] = []
    if not settings.api_key:
        problems.append(
            Problem(
                "missing_field",
                "There is no API key.",
                "Set `api_key: ${env:STRIPE_API_KEY}` and that variable, in Python "
                'Stripe(os.environ["STRIPE_API_KEY"]); or `address: sandbox` to try things out '
                "without an account.",
                path="api_key",
            )
        )
    elif not _KEY.fullmatch(settings.api_key):
        problems.append(
            Problem(
                "invalid_api_key",
                _key_message(settings.api_key),
                "Copy a key that begins with sk_test_, rk_test_, sk_live_ or rk_live_ from the "
                "Stripe Dashboard (Developers, API keys).",
                path="api_key",
            )
        )
    if not _VERSION.fullmatch(settings.api_version):
        problems.append(
            Problem(
                "invalid_api_version",
                f"{settings.api_version!r} is no version of Stripe's API.",
                f"Write it like {shipped()[-1]}, or leave it out.",
                path="api_version",
            )
        )
    for name in ("account", "account_must_be"):
        given = getattr(settings, name)
        if given and not _ACCOUNT.fullmatch(given):
            problems.append(
                Problem(
                    "invalid_account",
                    f"{name} has to be the id of an account.",
                    "Write it like acct_1ABC, as the Stripe Dashboard shows it.",
                    path=name,
                )
            )
    return problems


def _key_message(key: str) -> str:
    """What is wrong with a key; never the key, as half of a wrong paste may be a right one."""
    if key.startswith("pk_"):
        return "This is a publishable key: it may not read or write what a connector has to."
    if "${" in key:
        return "The reference to the API key was not filled in."
    return "The API key has none of the forms that Stripe's secret and restricted keys have."
