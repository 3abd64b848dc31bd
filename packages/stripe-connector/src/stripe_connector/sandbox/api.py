"""Carries out requests, from the check of the API key to the answer."""

import re
from collections.abc import Mapping
from typing import cast

import orjson

from stripe_connector.sandbox import refusal
from stripe_connector.sandbox.access import Permissions, authenticate
from stripe_connector.sandbox.amounts import check_amounts
from stripe_connector.sandbox.behaviour import meter
from stripe_connector.sandbox.dispatch import BEHAVIOURS, UNDONE, verb_of
from stripe_connector.sandbox.events import Events
from stripe_connector.sandbox.expansion import expand, hide
from stripe_connector.sandbox.journal import Journal
from stripe_connector.sandbox.keys import Keys, fingerprint_of
from stripe_connector.sandbox.refusal import RefusalError
from stripe_connector.sandbox.registry import Registry, named_ids
from stripe_connector.sandbox.request import (
    Answer,
    Contents,
    Fault,
    SandboxRequest,
    read_parameters,
)
from stripe_connector.sandbox.store import (
    Account,
    Body,
    Ids,
    Remembered,
    SearchIndex,
    Searching,
    Store,
    Work,
    compact,
)
from stripe_connector.sandbox.turn import Turn
from stripe_connector.sandbox.verbs import Verb

_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\.[a-z]+)?")
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]+")


class Api:
    """The sandbox without its network. Nothing here waits."""

    def __init__(
        self,
        registry: Registry,
        store: Store,
        journal: Journal | None,
        keys: Keys,
        ids: Ids,
        searching: Searching | None = None,
        permissions: Permissions | None = None,
    ) -> None:
        self._permissions = permissions
        self._registry = registry
        self._store = store
        self._journal = journal
        self._keys = keys
        self._ids = ids
        self._searching = searching or Searching()
        self._indexes: dict[str, SearchIndex] = {}
        self._events = Events(registry, ids.separate())

    def request_id(self) -> str:
        return self._ids.text(14)

    def open(
        self,
        number: int,
        request_id: str,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        now: float = 0.0,
    ) -> SandboxRequest:
        """Raises RefusalError."""
        secret = ""
        if path != meter.STREAM:
            secret = authenticate(headers.get("Authorization", ""))
        version = headers.get("Stripe-Version", "")
        if not version and path.startswith("/v2/"):
            raise refusal.no_version()
        version = version or self._registry.catalogue.api_version
        if not _VERSION.fullmatch(version):
            raise refusal.wrong_version(version)
        account = headers.get("Stripe-Account", "") or self._store.own
        if not _ACCOUNT.fullmatch(account):
            raise refusal.no_account(account)
        if path == meter.STREAM:
            meter.admit(self._store.account(account), headers.get("Authorization", ""), now)
        found = self._registry.catalogue.find(method, path)
        if found is None:
            raise refusal.unrecognised(method, path)
        api_call, parameters = found
        if self._permissions:
            self._permissions.check(secret, api_call, account)
        keyed = method == "POST" or (api_call.v2 and method == "DELETE")
        return SandboxRequest(
            number,
            request_id,
            method,
            path,
            api_call,
            parameters,
            body if method == "POST" else query.encode("utf-8", "surrogateescape"),
            headers.get("Content-Type", ""),
            account,
            headers.get("Idempotency-Key", "") if keyed else "",
            version,
        )

    def begin(self, request: SandboxRequest, now: float) -> Answer | None:
        """The remembered answer; None if `run` and `end` are to follow."""
        if not request.key:
            return None
        account = self._store.account(request.account)
        mark = fingerprint_of(request.method, request.path, request.body)
        known = self._keys.begin(account, request.key, mark, now, v2=request.api_call.v2)
        if known is None:
            return None
        headers = {"Idempotent-Replayed": "true", "Original-Request": known.request_id}
        return Answer(known.status, known.body, headers)

    def end(self, request: SandboxRequest) -> None:
        if request.key:
            self._keys.end(self._store.account(request.account), request.key)

    def run(self, request: SandboxRequest, now: float) -> Answer:
        """Changes are stored before the answer is given."""
        account = self._store.account(request.account)
        work = Work(self._store, account)
        try:
            body = self._carry_out(request, work, int(now))
            self._events.record(self._turn(request, {}, work, int(now)), request)
            if isinstance(body, Contents):
                answer = Answer(200, body.data, {"Content-Type": body.type})
            else:
                answer = Answer(200, orjson.dumps(body))
            stored = True
        except RefusalError as fault:
            if fault.kept:
                self._events.record(self._turn(request, {}, work, int(now)), request)
            else:
                work.undo()
            answer = self.refused(fault, request.id)
            stored = fault.stored and not request.api_call.v2  # v2 does failed work again
        except BaseException:
            work.undo()
            raise
        self._keep(request, account, work, answer if stored else None, now)
        return answer

    def remember(self, request: SandboxRequest, fault: Fault, now: float) -> Answer:
        """Remembers a test's error under the request's key."""
        answer = Answer(fault.status, orjson.dumps(fault.body()), fault.headers)
        account = self._store.account(request.account)
        self._keep(request, account, Work(self._store, account), answer, now)
        return answer

    def broken(self, request_id: str) -> Answer:
        message = "The sandbox failed at this request; its log says why. Please report it."
        return self.refused(RefusalError(500, message, type="api_error"), request_id)

    def refused(self, fault: RefusalError, request_id: str) -> Answer:
        error = dict(cast(Body, fault.body["error"]))
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return Answer(fault.status, orjson.dumps({"error": error}))

    def _keep(
        self,
        request: SandboxRequest,
        account: Account,
        work: Work,
        answer: Answer | None,
        now: float,
    ) -> None:
        key = request.key if answer else ""
        if key and answer:
            mark = fingerprint_of(request.method, request.path, request.body)
            body = compact(answer.body)
            account.keys[key] = Remembered(mark, answer.status, body, request.id, now)
        touched = work.touched()
        if self._journal and (touched or key):
            try:
                self._journal.write(account, touched, key)
            except BaseException:
                work.undo()
                account.keys.pop(key, None)
                raise
        self._index(account).note(touched, now)

    def _index(self, account: Account) -> SearchIndex:
        found = self._indexes.get(account.id)
        if found is None:
            found = self._indexes[account.id] = SearchIndex(account, self._searching)
        return found

    def _carry_out(self, request: SandboxRequest, work: Work, now: int) -> Body | Contents:
        api_call = request.api_call
        verb = self._verb(request)
        plan = self._registry.plan(api_call)
        params = cast(Body, plan.check(read_parameters(request, plan.request), ""))
        expanded = cast("list[str]", params.pop("expand", None) or [])
        included = cast("list[str]", params.pop("include", None) or []) if api_call.v2 else []
        turn = self._turn(request, params, work, now)
        for reference in plan.references:
            for named in named_ids(params, reference.path):
                turn.refer(reference.resource, named)
        check_amounts(turn)
        body = verb(turn)
        if isinstance(body, Contents):
            return body
        return hide(turn, body, included) if api_call.v2 else expand(turn, body, expanded)

    def _turn(self, request: SandboxRequest, params: Body, work: Work, now: int) -> Turn:
        return Turn(
            request.api_call,
            request.path_parameters,
            params,
            work,
            self._registry,
            BEHAVIOURS,
            self._ids,
            now,
            query=request.body.decode("utf-8", "replace") if request.method == "GET" else "",
            index=self._index(work.account),
        )

    def _verb(self, request: SandboxRequest) -> Verb:
        api_call = request.api_call
        verb = verb_of(api_call)
        if verb is None:
            raise refusal.unrecognised(
                request.method,
                request.path,
                f"Stripe has this one ({api_call.id}); the sandbox does not do it: "
                f"{UNDONE[api_call.id]}.",
            )
        return verb
