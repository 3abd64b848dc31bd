"""The settings of a connection: the form that a person fills in, and what they come to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from connector_sdk import JSON, Field, Form, Mode, Problem, SettingError, conform

from stripe_connector.address import SANDBOX, SANDBOX_KEY, is_loopback
from stripe_connector.catalogue.versions import shipped
from stripe_connector.client import Settings

_KEY = re.compile(r"[sr]k_(test|live)_[!-~]+")
_VERSION = re.compile(r"\d{4}-\d\d-\d\d(\.[a-z]+)?")
_ACCOUNT = re.compile(r"acct_\w+")


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Checked settings. `address` is "" for Stripe, "sandbox", or a URL; `timeout` seconds."""

    api_key: str = field(repr=False)
    api_version: str
    account: str
    address: str
    proxy: str = field(repr=False)
    timeout: float
    retries: int
    account_must_be: str

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
    """The page of a connection. Reads no more of the catalogue than its version."""
    return Form(
        (
            Field(
                name="api_key",
                type="string",
                secret=True,
                variable="STRIPE_API_KEY",
                label="API key",
                description="A secret or restricted key (sk_… or rk_…), best as a reference: "
                "${env:STRIPE_API_KEY}. The embedded sandbox needs none.",
            ),
            Field(
                name="account",
                type="string",
                label="Account",
                description="A connected account (acct_…) to act for. Without it the key's own.",
            ),
            Field(
                name="api_version",
                type="string",
                default=shipped()[-1],
                label="API version",
                description="The version of Stripe's API that every call asks for. Objects, "
                "actions and fields are those of that version.",
            ),
            Field(
                name="address",
                type="string",
                label="Address",
                description="Empty for Stripe, `sandbox` for the embedded sandbox, or the URL of "
                "another server.",
            ),
            Field(
                name="proxy",
                type="string",
                secret=True,
                variable="STRIPE_PROXY",
                label="Proxy",
                description="The URL of an HTTP proxy, which may hold a user and a password.",
            ),
            Field(
                name="timeout",
                type="number",
                default=80,
                label="Time-out",
                description="Seconds that one attempt of a call may take.",
            ),
            Field(
                name="retries",
                type="integer",
                default=5,
                label="Retries",
                description="How often a call is sent again after a fault that may pass.",
            ),
            Field(
                name="account_must_be",
                type="string",
                label="Account must be",
                description="The account (acct_…) that the key has to belong to; a key of another "
                "one is refused before anything is written.",
            ),
        ),
        trial={"address": SANDBOX},
    )


def read_settings(values: Mapping[str, JSON]) -> ConnectionSettings:
    """The settings, checked. Raises SettingError with every fault; no message shows a key."""
    secrets = [problem for problem in (_secret_fault(values, name) for name in _SECRETS) if problem]
    if secrets:
        raise SettingError(*secrets)
    fitted = conform(connection_form().as_field(), cast("JSON", dict(values)))
    if fitted.problems:
        raise SettingError(*fitted.problems)
    given = cast("dict[str, JSON]", fitted.value)
    address = str(given.get("address", "")).strip()
    settings = ConnectionSettings(
        api_key=str(given.get("api_key", "")).strip() or (SANDBOX_KEY * (address == SANDBOX)),
        api_version=str(given.get("api_version", "")) or shipped()[-1],
        account=str(given.get("account", "")),
        address=address,
        proxy=str(given.get("proxy", "")),
        timeout=float(cast("float", given.get("timeout", 80.0))),
        retries=int(cast("int", given.get("retries", 5))),
        account_must_be=str(given.get("account_must_be", "")),
    )
    problems = _faults(settings)
    if problems:
        raise SettingError(*problems)
    return settings


_SECRETS = ("api_key", "proxy")


def _secret_fault(values: Mapping[str, JSON], name: str) -> Problem | None:
    """A secret of the wrong type, told without its value."""
    if name in values and not isinstance(values[name], str):
        return Problem(
            "not_string",
            f"The setting {name!r} has to be text.",
            f"Give a reference, for example {name}: ${{env:STRIPE_{name.upper()}}}.",
            path=name,
        )
    return None


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
    for name, number, lowest, highest in (
        ("timeout", settings.timeout, 0.1, 3600),
        ("retries", settings.retries, 0, 20),
    ):
        if not lowest <= number <= highest:
            problems.append(
                Problem(
                    "out_of_range",
                    f"{name} can't be {number:g}; it has to be from {lowest:g} to {highest:g}.",
                    "Give a number within that range.",
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
