"""One opened Stripe account: its test, its scope, and the sources and targets it gives."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from connector_sdk import (
    Activity,
    Choice,
    ConnectorError,
    CredentialError,
    Form,
    Guarded,
    Host,
    Mode,
    Plan,
    Problem,
    RefusedError,
    SettingError,
    Source,
    Target,
    Tested,
    UnreachableError,
)
from connector_sdk.schema import Schemas

from stripe_connector.activities.choices.choosing import rows
from stripe_connector.activities.choices.offers import offer_for
from stripe_connector.activities.choices.parameters import STREAM
from stripe_connector.activities.choices.queries import askable
from stripe_connector.activities.choices.resolution import faults, resolve
from stripe_connector.activities.choices.settings import activity_form
from stripe_connector.address import SANDBOX, sandbox_address
from stripe_connector.catalogue import load, minor_units, versions
from stripe_connector.catalogue.amounts import amount_decimals
from stripe_connector.client import Client, Clock, Settings, Transports
from stripe_connector.settings import ConnectionSettings

if TYPE_CHECKING:
    from stripe_connector.activities.writing.meter_events import MeterStream
    from stripe_connector.sandbox import Sandbox


_COLUMNS = ("customer", "invoice", "subscription", "product", "price", "account")
"""The ids in an object that people look for first."""


class _Account(msgspec.Struct):
    id: str


class StripeConnection:
    """A connection that opens on its first call, so that making one can't fail on the way."""

    def __init__(
        self, settings: ConnectionSettings, host: Host, transports: Transports | None = None
    ) -> None:
        self.mode: Mode = settings.mode
        self.catalogue = load(settings.api_version)
        self._settings = settings
        self._host = host
        self._transports = transports
        self._clock = Clock()
        self._opening = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._timing = asyncio.Lock()
        self._sandbox: Sandbox | None = None
        self._account = ""
        self._client: Client | None = None
        self._stream: MeterStream | None = None
        if settings.address != SANDBOX:
            self._client = self._client_at(settings.address)

    async def client(self) -> Client:
        """The transport; finds or starts the embedded sandbox first where the address says
        so. Raises UnreachableError when that fails."""
        async with self._opening:
            if self._client is None:
                if self._host.state is not None:
                    address = await sandbox_address(self._host.state)
                else:
                    address = await self._own_sandbox()
                self._client = self._client_at(address)
            return self._client

    def _client_at(self, address: str) -> Client:
        """A transport that carries nothing for a key of another account than the pinned one."""
        admit = self.scope if self._settings.account_must_be else None
        return self._client_with(self._settings.for_client(address), admit)

    def _client_with(
        self, settings: Settings, admit: Callable[[], Awaitable[object]] | None = None
    ) -> Client:
        return Client(
            settings, self._host, admit=admit, transports=self._transports, clock=self._clock
        )

    async def meter_stream(self) -> "MeterStream":
        """The stream of meter events, whose sessions last as long as the connection. Raises
        like `client`."""
        from stripe_connector.activities.writing.meter_events import MeterStream

        client = await self.client()
        if self._stream is None:
            self._stream = MeterStream(client, self.catalogue)
        return self._stream

    async def test(self) -> Tested:
        """One call, not repeated: who the key belongs to. Raises nothing for what it finds."""
        begin = time.perf_counter()
        account, note = "", versions.note(self._settings.api_version)
        problem: Problem | None = None
        try:
            settings = replace((await self.client()).settings, retries=0)
            async with self._client_with(settings) as once:
                begin = time.perf_counter()  # a sandbox that had to be started is no slow one
                account = await self._ask_account(once)
        except CredentialError as error:
            if error.problem.code == "permission_missing":
                account = self._settings.account
                note = " ".join(part for part in (_restricted(error.problem), note) if part)
            else:
                problem = error.problem
        except ConnectorError as error:
            problem = error.problem
        wanted = self._settings.account_must_be
        if problem is None and wanted and account and account != wanted:
            problem = _wrong_account(account, wanted)
        return Tested(
            ok=problem is None,
            account=account,
            mode=self.mode,
            api_version=self._settings.api_version,
            milliseconds=round((time.perf_counter() - begin) * 1000, 1),
            note=note,
            problem=problem,
        )

    async def scope(self) -> str:
        """ "acct_1/live"; asked for once. A restricted key that may not read its account counts
        as its pinned account. Raises CredentialError, also for a key of another account than
        `account_must_be` and for a restricted one without it, and UnreachableError."""
        async with self._asking:
            if not self._account:
                self._account = await self._owner()
        return f"{self._account}/{self.mode}"

    async def choices(self, type: str, chosen: Sequence[str]) -> Sequence[Choice]:
        """Sections, then the objects of the chosen one, then its actions. Raises SettingError."""
        return rows(self.catalogue, type, chosen, self.mode)

    def settings(self, type: str, chosen: Sequence[str]) -> Form:
        """The settings of an activity. Raises SettingError for choices that don't exist."""
        _, on, action = (*chosen, "", "", "")[:3]
        offer = offer_for(self.catalogue, type, on, action, self.mode)
        return activity_form(self.catalogue, offer, type)

    async def schemas(self, activity: Activity) -> Schemas:
        """For a source the record in `response`; for a target the request, without what the
        activity's `parents` and `expand` set, and of a create also that of an update. Settings
        that are required may be missing."""
        from stripe_connector.activities.calls import calls, note
        from stripe_connector.activities.reading.record import record_schema

        resolved = resolve(self.catalogue, activity, self.mode, whole=False)
        return Schemas(
            resolved.request_schema(self.catalogue),
            record_schema(self.catalogue, resolved),
            dict(minor_units()),
            calls(self.catalogue, resolved),
            note(resolved),
            askable(self.catalogue, resolved.api_call) if activity.type == "search" else (),
            dict(amount_decimals(resolved.api_call.id)),
            resolved.update_schema(self.catalogue),
            _COLUMNS,
        )

    async def check(self, activity: Activity) -> Sequence[Problem]:
        """Every fault that shows without a call."""
        return faults(self.catalogue, activity, self.mode)

    async def guard(self, activity: Activity) -> Guarded | None:
        """For a live key without `irreversible: allow`."""
        return resolve(self.catalogue, activity, self.mode).guard(self.catalogue)

    async def plan(self, activity: Activity, records: int | None = None) -> Plan:
        """The calls of a Search by a query are those of its plan; all others make the one call
        of their operation for each page, id or record."""
        from stripe_connector.activities.calls import planned

        return planned(self.catalogue, resolve(self.catalogue, activity, self.mode), records)

    async def source(self, activity: Activity, requests: Source | None = None) -> Source:
        """Search and Read."""
        from stripe_connector.activities.reading.record import refined
        from stripe_connector.activities.reading.sources import require_driver, source_of

        resolved = resolve(self.catalogue, activity, self.mode)
        if activity.type not in ("search", "read"):
            raise SettingError(_wrong_role(activity, "source"))
        require_driver(resolved, requests)
        source = source_of(await self.client(), self.catalogue, self._host, resolved, requests)
        return refined(source, await self.client(), self.catalogue, self._host, resolved)

    async def target(self, activity: Activity, resume: bytes | None = None) -> Target:
        """Create, Update and Delete. A resume needs no position: keys keep repeats harmless.
        Raises UnreachableError where Stripe's time can't be asked for."""
        from stripe_connector.activities.writing.changes import DeleteTarget, UpdateTarget
        from stripe_connector.activities.writing.create import CreateTarget
        from stripe_connector.activities.writing.stream_target import StreamTarget

        resolved = resolve(self.catalogue, activity, self.mode)
        guard = resolved.guard(self.catalogue)
        if guard is not None and guard.always:
            raise SettingError(guard.refusal)
        await self._learn_time()
        match activity.type:
            case "create" if resolved.api_call.id == STREAM:
                client, stream = await self.client(), await self.meter_stream()
                return StreamTarget(client, self.catalogue, self._host, resolved, stream)
            case "create":
                return CreateTarget(await self.client(), self.catalogue, self._host, resolved)
            case "update":
                return UpdateTarget(await self.client(), self.catalogue, self._host, resolved)
            case "delete":
                return DeleteTarget(await self.client(), self.catalogue, self._host, resolved)
        raise SettingError(_wrong_role(activity, "target"))

    async def close(self) -> None:
        """Closes every connection, and the sandbox if it runs in this process."""
        stream, self._stream = self._stream, None
        client, self._client = self._client, None
        sandbox, self._sandbox = self._sandbox, None
        if stream is not None:
            await stream.close()
        if client is not None:
            await client.close()
        if sandbox is not None:
            await sandbox.stop()

    async def _own_sandbox(self) -> str:
        """A sandbox in this process that forgets everything at the end: there is no folder
        to keep it in."""
        from stripe_connector.sandbox import Sandbox

        sandbox = Sandbox()
        await sandbox.start()
        self._sandbox = sandbox
        return sandbox.address

    async def _ask_account(self, client: Client) -> str:
        from stripe_connector.activities.writing.answers import is_answer

        api_call = self.catalogue.api_calls["accounts.retrieve_current"]
        accept = partial(is_answer, self.catalogue, api_call, {})
        try:
            # What is taken for the account decides which records count as written.
            answer = await client.send(api_call, {}, accept=accept)
            return msgspec.json.decode(answer.body, type=_Account).id
        except RefusedError as error:
            raise UnreachableError(error.problem) from error
        except msgspec.DecodeError:
            raise UnreachableError(
                Problem(
                    "not_stripe",
                    "The answer to the question for the account is not one of Stripe's API.",
                    "Check the address and the proxy of the connection.",
                )
            ) from None

    async def _learn_time(self) -> None:
        """Stripe's clock has to be known before the first write: one cheap call, unless there
        was one already. An answer that refuses tells the time as well."""
        async with self._timing:
            if self._clock.now() is not None:
                return
            try:
                await self.scope()
                if self._clock.now() is None:
                    async with self._client_with((await self.client()).settings) as plain:
                        await self._ask_account(plain)
            except ConnectorError:
                if self._clock.now() is None:
                    raise

    async def _owner(self) -> str:
        settings = self._settings
        if settings.account and settings.account_must_be in ("", settings.account):
            return settings.account
        try:
            async with self._client_with((await self.client()).settings) as plain:
                account = await self._ask_account(plain)
        except CredentialError as error:
            if error.problem.code != "permission_missing":
                raise
            if not settings.account_must_be:
                raise CredentialError(_unknown_account(error.problem)) from None
            return settings.account_must_be
        if settings.account_must_be and account != settings.account_must_be:
            raise CredentialError(_wrong_account(account, settings.account_must_be))
        return account


def _restricted(problem: Problem) -> str:
    """What a person should know of a key that works and may not read its account."""
    return (
        f"The key is valid, but may not read its account: {problem.message} Set account_must_be, "
        "so that what was written stays known when the key changes."
    )


def _unknown_account(problem: Problem) -> Problem:
    return problem._replace(
        code="account_unknown",
        message="The key may not read its account, and what was written has to stay known under "
        f"the account when the key changes. {problem.message}",
        remedy="Set account_must_be to the id of the account (acct_…, in the Stripe Dashboard "
        "below Settings, Account), or give the key that permission.",
        path="account_must_be",
    )


def _wrong_account(account: str, wanted: str) -> Problem:
    return Problem(
        "wrong_account",
        f"The key belongs to the account {account}, and account_must_be says {wanted}.",
        "Use a key of that account, or correct account_must_be.",
        path="account_must_be",
    )


def _wrong_role(activity: Activity, role: str) -> Problem:
    return Problem(
        "wrong_role",
        f"A {activity.type} activity can't be the {role} of an operation.",
        "Choose Search or Read as a source, and Create, Update or Delete as a target.",
        path="type",
    )
