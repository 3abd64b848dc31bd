"""Sends calls to Stripe: paced, repeated by Stripe's rules, answered or refused in our words."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

from connector_sdk import (
    JSON,
    ConnectorError,
    Host,
    Limit,
    Problem,
    UncertainError,
)

from stripe_connector.catalogue.model import ApiCall
from stripe_connector.client.answer import Answer, Fault, Reply
from stripe_connector.client.clock import KEY_TOO_OLD, Clock, Earlier, seconds_left, steady
from stripe_connector.client.decision import (
    Request,
    Retry,
    conclude,
    maybe_done,
    retry_after,
    status_of,
    succeeded,
    wrong_answer,
)
from stripe_connector.client.settings import Settings, check_address, limit_hit, limits_of
from stripe_connector.client.transport import Transports, over_http
from stripe_connector.client.upload import Params, take_file
from stripe_connector.wire import (
    FORM,
    JSON_BODY,
    build_path,
    encode_form,
    encode_json,
    encode_multipart,
    encode_query,
    problem_from,
    request_headers,
)

_log = logging.getLogger("stripe_connector.client")

Accept: TypeAlias = Callable[[bytes], bool]
"""Says whether the body of a success is the object that a call gives."""


class Client:
    """One connection's way to Stripe. Use it in one event loop and `close` it, or with
    `async with`. Raises SettingError for an address or a proxy that can't be right.

    `admit` is awaited before each call, and raises where none may be made: the key belongs to
    another account than the connection is for. `transports` makes what carries the attempts, by
    default over HTTP. `clock` is Stripe's, and learned from each answer.
    """

    def __init__(
        self,
        settings: Settings,
        host: Host,
        retry: Retry | None = None,
        admit: Callable[[], Awaitable[object]] | None = None,
        transports: Transports | None = None,
        clock: Clock | None = None,
    ) -> None:
        check_address(settings)
        self.settings = settings
        self._host = host
        self._retry = retry or Retry(settings.retries)
        self._admit = admit
        self._transports = transports or over_http
        self._transport = self._transports(settings)
        self.clock = clock or Clock()
        self._scope = settings.pace_scope()
        self._base = lru_cache(settings.base)
        self._limits: dict[str, tuple[Limit, ...]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def of_session(self, token: str, limits: Mapping[str, float]) -> "Client":
        """The same way to Stripe with the token of a session in the place of the key, under
        these limits beside its own. Close it apart."""
        settings = replace(
            self.settings,
            api_key=token,
            limits={**self.settings.limits, **limits},
            scope=self._scope,
        )
        return Client(
            settings, self._host, self._retry, transports=self._transports, clock=self.clock
        )

    async def close(self) -> None:
        """Closes every connection. May be called twice."""
        await self._transport.close()

    async def send(
        self,
        api_call: ApiCall,
        params: Params,
        *,
        key: str = "",
        into: BinaryIO | None = None,
        earlier: Earlier | None = None,
        accept: Accept | None = None,
    ) -> Answer:
        """One call with all its attempts, each with the same bytes and the same key.

        `params` are path parameters and all others together. `key` makes a write repeatable;
        without one a POST is not sent again once it may have arrived. A v1 DELETE takes no
        key: it is repeated, and "no such object" after an attempt without an answer means
        that it was done (see Answer). Reads are always repeated. The body of a success goes
        `into` a file where one is given, and is then empty in the answer. `earlier` says that
        the call may have been sent before. A success that `accept` doesn't take is no answer.

        Raises CredentialError (401, 403, a refused version), RefusedError (other 4xx,
        parameters that can't be sent), FailedError (not done: the object is locked by another
        request), UnreachableError (surely not done: nobody answered, too many 429, or a proxy
        answered in Stripe's place; for a read also a lasting 5xx), and UncertainError (a write
        that may have been done: sent without an answer, a lasting or repeated 5xx, a first
        request with the same key that doesn't end, a refusal after any of these that is not
        Stripe's stored answer to the key, a key that is too old).
        """
        if self._admit is not None:
            await self._admit()
        request = await self._prepare(api_call, params, key)
        deadline = steady() + seconds_left(api_call, earlier, self.clock.now())
        limits = self._limits.get(api_call.id) or self._limits_of(api_call)
        failed = slowed = 0
        perhaps_done = False
        while True:
            async with self._host.pace(self._scope, limits):
                if request.writes and steady() > deadline:
                    raise UncertainError(KEY_TOO_OLD)
                got = await self._transport.exchange(
                    request.method, request.url, request.headers, request.body, into
                )
            if isinstance(got, Reply):
                self.clock.observe(got.headers.get("Date", ""))
                if succeeded(api_call, got):
                    if accept is None or accept(got.body):
                        return _answer(got, into is not None)
                    got = Fault(wrong_answer(got), sent=True)
            problem = self._problem(got)
            status, headers = status_of(got)
            perhaps_done = perhaps_done or (request.writes and maybe_done(got, problem))
            if status == 429:
                slowed += 1
                wait = self._retry.wait(slowed, status, headers, problem.code)
                self._slow_down(api_call, headers, problem, wait)
            else:
                failed += 1
                wait = self._retry.wait(failed, status, headers, problem.code)
            if wait is None or (perhaps_done and not request.repeatable):
                try:
                    conclude(request, got, problem, perhaps_done, earlier is not None)
                except ConnectorError as error:
                    error.maybe_done = perhaps_done
                    raise
            _log.info("%s: again in %.1f s: %s", api_call.id, wait, problem.text())
            await asyncio.sleep(wait)

    async def _prepare(self, api_call: ApiCall, params: Params, key: str) -> Request:
        ids: dict[str, str] = {}
        others: Mapping[str, Any] = params
        if api_call.path_parameters:
            ids = {name: _id(params.get(name)) for name in api_call.path_parameters}
            others = {name: value for name, value in params.items() if name not in ids}
        url = self._base(api_call.host) + build_path(api_call.path, ids)
        body: bytes | None = None
        kind = ""
        if api_call.method != "POST":
            query = encode_query(others)
            url += f"?{query}" if query else ""
        elif api_call.body == "multipart":
            body, kind = encode_multipart(*await take_file(others, self._host.folder))
        elif api_call.body == "json":
            body, kind = encode_json(others), JSON_BODY
        else:
            body, kind = encode_form(others), FORM
        takes_key = api_call.method == "POST" or (api_call.v2 and api_call.method == "DELETE")
        headers = request_headers(
            self.settings.api_key,
            self.settings.api_version,
            self.settings.account,
            key if takes_key else "",
            kind,
        )
        return Request(
            api_call.method,
            url,
            headers,
            body,
            writes=api_call.method != "GET",
            repeatable=bool(key) or not takes_key,
        )

    def _limits_of(self, api_call: ApiCall) -> tuple[Limit, ...]:
        limits = self._limits.get(api_call.id)
        if limits is None:
            limits = self._limits[api_call.id] = limits_of(api_call, self.settings)
        return limits

    def _slow_down(
        self,
        api_call: ApiCall,
        headers: Mapping[str, str],
        problem: Problem,
        wait: float | None,
    ) -> None:
        """Tells the host which limit was hit. A lock on one object is none."""
        if problem.code == "lock_timeout":
            return
        name = limit_hit(api_call, headers.get("Stripe-Rate-Limited-Reason", ""))
        if name:
            self._host.slowed(self._scope, name, retry_after(headers) or wait)

    def _problem(self, got: Reply | Fault) -> Problem:
        problem = (
            got.problem
            if isinstance(got, Fault)
            else problem_from(got.status, got.headers, got.body)
        )
        # A proxy's page may echo the whole request, with a key of any form.
        key = self.settings.api_key
        return problem._replace(
            code=problem.code.replace(key, ""),
            message=problem.message.replace(key, ""),
            path=problem.path.replace(key, ""),
        )


def _answer(reply: Reply, is_file: bool) -> Answer:
    kind = reply.headers.get("Content-Type", "") if is_file else ""
    return Answer(
        reply.status,
        reply.body,
        reply.headers.get("Request-Id", ""),
        reply.headers.get("Idempotent-Replayed") == "true",
        kind.partition(";")[0].strip().lower(),
    )


def _id(value: "JSON | bytes") -> str:
    """The text of an id; "" for what is none, which the path then refuses by name."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value)
