"""A Stripe in memory that keeps its word about idempotency keys, and remembers all that it did.

After https://docs.stripe.com/api/idempotent_requests: status and body of the first request with a
key are stored once its execution began, and repeated with `Idempotent-Replayed: true`, a 500
included; after 24 hours a key is new again. The same key with other parameters is an
`idempotency_error`, while the first is still executed a 409 `idempotency_key_in_use`. What fails
before the execution (validation, limits, locks) is not stored.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.simulation.world import World

KEPT = 86_400.0
"""Seconds for which a key is kept."""

KINDS = {
    "customers": ("cus", "customer"),
    "charges": ("ch", "charge"),
    "refunds": ("re", "refund"),
    "payment_intents": ("pi", "payment_intent"),
    "balance_transactions": ("cbtxn", "customer_balance_transaction"),
}
"""Of each collection, how its ids begin and what its objects are called."""

REFUSED = "refuse me"
"""A name that this Stripe takes of no object."""

DECLINED = ("tok_chargeDeclined", "pm_card_chargeDeclined")

Object = dict[str, Any]


class Request(NamedTuple):
    """A request as it arrives; `key` is "" without an idempotency key."""

    method: str
    path: str
    params: Mapping[str, Any]
    key: str

    @property
    def identity(self) -> str:
        """The identity of the record in the source, as far as the request shows it."""
        metadata = self.params.get("metadata")
        return str(metadata.get("crm_id", "")) if isinstance(metadata, dict) else ""

    def __str__(self) -> str:
        shown = " ".join(filter(None, (self.identity, self.key[3:11])))
        return f"{self.method} {self.path} {shown}".rstrip()


class Reply(NamedTuple):
    """What Stripe answers."""

    status: int
    body: Object
    replayed: bool = False


class Effect(NamedTuple):
    """Something that was done: `verb` create, update, delete or capture, with which key, for
    which object, and with what. `unseen` if the client had given up on that request before."""

    verb: str
    key: str
    id: str
    identity: str
    params: Mapping[str, Any]
    unseen: bool


@dataclass(slots=True)
class Work:
    """One execution, and how it goes: `end` is "" as it should, "broken after" or "broken
    before" for a 500 with and without effect. `given_up` says that the client is gone."""

    seconds: float = 0.1
    end: str = ""
    given_up: bool = False


@dataclass(slots=True)
class _Known:
    request: Request
    began: float
    reply: Reply | None = None


@dataclass
class Stripe:
    """The account of one world."""

    world: World
    objects: dict[str, Object] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    _keys: dict[str, _Known] = field(default_factory=dict)
    _count: int = 0

    def arrive(self, request: Request, work: Work, answer: Callable[[Reply], None]) -> None:
        """Executes a request, sooner or later, and hands its answer over once."""
        known = self._keys.get(request.key) if request.key and request.method == "POST" else None
        if known is not None and self.world.true() - known.began < KEPT:
            answer(_repeated(known, request))
            return
        fault = self._invalid(request)
        if fault is not None:
            answer(fault)
            return
        stored = _Known(request, self.world.true())
        if request.key and request.method == "POST":
            self._keys[request.key] = stored

        def execute() -> None:
            if work.end == "broken before":
                stored.reply = _error(500, "api_error", "Stripe broke before it did this.")
            else:
                stored.reply = self._do(request, work)
                if work.end == "broken after":
                    stored.reply = _error(500, "api_error", "Stripe broke after it did this.")
            answer(stored.reply)

        if request.method == "GET":
            execute()
        else:
            self.world.after(work.seconds, execute)

    def make(self, collection: str, params: Mapping[str, Any]) -> Object:
        """An object that was there before any run."""
        return self._make(collection, params)

    def done(self, verb: str, identity: str) -> list[Effect]:
        """All that was done for a record."""
        return [each for each in self.effects if each.verb == verb and each.identity == identity]

    def _invalid(self, request: Request) -> Reply | None:
        """What is declined before the execution begins."""
        parts = request.path.strip("/").split("/")[1:]
        if request.params.get("name") == REFUSED:
            return _error(400, "invalid_request_error", "Invalid name.", "parameter_invalid")
        known = (
            parts[1] in self.objects
            if len(parts) > 1
            else all(
                request.params.get(name, there) in self.objects or name not in request.params
                for name, there in (("charge", ""), ("customer", ""))
            )
        )
        if request.method != "GET" and not known:
            return _missing(parts[-1])
        return None

    def _do(self, request: Request, work: Work) -> Reply:
        parts = request.path.strip("/").split("/")[1:]
        match request.method, parts:
            case "GET", ["account"]:
                return Reply(200, {"id": "acct_sim", "object": "account"})
            case "GET", [collection]:
                return Reply(200, self._list(collection, request.params))
            case "GET", [_, name]:
                there = self.objects.get(name)
                return _missing(name) if there is None else Reply(200, _shown(there))
            case "GET", ["customers", name, "balance_transactions"]:
                return Reply(
                    200,
                    self._list("balance_transactions", {**request.params, "customer": name}),
                )
            case "POST", [collection]:
                return self._create(collection, request, work)
            case "POST", ["customers", name, "balance_transactions"]:
                params = {**request.params, "customer": name}
                return self._create("balance_transactions", request._replace(params=params), work)
            case "POST", ["payment_intents", name, "capture"]:
                return self._capture(self.objects[name], request, work)
            case "POST", [_, name]:
                return self._update(self.objects[name], request, work)
            case "DELETE", [_, name]:
                if self.objects[name].get("deleted"):
                    return _missing(name)
                self.objects[name]["deleted"] = True
                self._did("delete", request, name, work)
                return Reply(200, _shown(self.objects[name]))
        return _error(404, "invalid_request_error", f"Unrecognized request URL ({request.path}).")

    def _make(self, collection: str, params: Mapping[str, Any]) -> Object:
        self._count += 1
        prefix, kind = KINDS[collection]
        name = f"{prefix}_{self._count:06d}"
        made: Object = {"id": name, "object": kind, **params}
        made["created"] = int(self.world.true())
        made.setdefault("metadata", {})
        self.objects[name] = made
        return made

    def _create(self, collection: str, request: Request, work: Work) -> Reply:
        params = dict(request.params)
        declined = any(value in DECLINED for value in params.values())
        made = self._make(collection, params)
        if collection == "charges":
            made["status"] = "failed" if declined else "succeeded"
            made["failure_message"] = "Your card was declined." if declined else None
        if collection == "payment_intents":
            made["status"] = "requires_payment_method" if declined else "succeeded"
        if declined:
            if collection == "payment_intents":
                made["last_payment_error"] = {"message": "Your card was declined."}
            self.world.note(f"stripe  declined {made['id']} for {request.identity}")
            return _error(402, "card_error", "Your card was declined.", "card_declined")
        self._did("create", request, made["id"], work)
        return Reply(200, _shown(made))

    def _update(self, there: Object, request: Request, work: Work) -> Reply:
        if there.get("deleted"):
            return _missing(there["id"])
        metadata = {**there["metadata"], **request.params.get("metadata", {})}
        there.update({**request.params, "metadata": metadata})
        self._did("update", request, there["id"], work)
        return Reply(200, _shown(there))

    def _capture(self, there: Object, request: Request, work: Work) -> Reply:
        if there["status"] != "requires_capture":
            text = "This PaymentIntent could not be captured because of its status."
            return _error(400, "invalid_request_error", text, "payment_intent_unexpected_state")
        amount = request.params.get("amount_to_capture", there["amount"])
        there.update(status="succeeded", amount_received=amount)
        self._did("capture", request, there["id"], work)
        return Reply(200, _shown(there))

    def _list(self, collection: str, params: Mapping[str, Any]) -> Object:
        kind = KINDS[collection][1]
        bounds = params.get("created", {})
        wanted = {name: params[name] for name in ("customer", "charge") if name in params}
        rows = [
            each
            for each in reversed(self.objects.values())
            if each["object"] == kind
            and not each.get("deleted")
            and each["created"] >= int(bounds.get("gte", 0))
            and each["created"] <= int(bounds.get("lte", 1 << 60))
            and all(each.get(name) == value for name, value in wanted.items())
        ]
        after = params.get("starting_after")
        if after:
            names = [each["id"] for each in rows]
            rows = rows[names.index(after) + 1 :] if after in names else []
        limit = int(params.get("limit", 10))
        shown = [_shown(each) for each in rows[:limit]]
        return {"object": "list", "data": shown, "has_more": len(rows) > limit}

    def _did(self, verb: str, request: Request, name: str, work: Work) -> None:
        effect = Effect(verb, request.key, name, request.identity, request.params, work.given_up)
        self.effects.append(effect)
        late = "  (nobody waits for it)" if work.given_up else ""
        self.world.note(f"stripe  {verb} {name} {effect.identity}{late}")


def read_form(text: str) -> dict[str, Any]:
    """Parameters of a body or a query, one level of brackets deep; numbers where they are."""
    params: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        typed = int(value) if value.lstrip("-").isdigit() and "[" not in name else value
        outer, _, inner = name.partition("[")
        if inner:
            params.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            params[outer] = typed
    return params


def read_request(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Request:
    """A request as the transport was given it."""
    parts = urlsplit(url)
    text = parts.query if body is None else body.decode()
    return Request(method, parts.path, read_form(text), headers.get("Idempotency-Key", ""))


def encode(body: Object) -> bytes:
    """A body as Stripe writes it, with blanks."""
    return json.dumps(body, indent=2).encode()


def _repeated(known: _Known, request: Request) -> Reply:
    if (known.request.path, known.request.params) != (request.path, request.params):
        text = "Keys for idempotent requests can only be used with the same parameters."
        return _error(400, "idempotency_error", text)
    if known.reply is None:
        text = "There is currently another in-progress request using this key."
        return _error(409, "invalid_request_error", text, "idempotency_key_in_use")
    return known.reply._replace(replayed=True)


def _shown(there: Object) -> Object:
    if there.get("deleted"):
        return {"id": there["id"], "object": there["object"], "deleted": True}
    return dict(there)


def _missing(name: str) -> Reply:
    return _error(404, "invalid_request_error", f"No such object: '{name}'.", "resource_missing")


def _error(status: int, kind: str, message: str, code: str = "") -> Reply:
    error = {"type": kind, "message": message, **({"code": code} if code else {})}
    return Reply(status, {"error": error})
