"""The account that a request works in, as an object."""

from collections.abc import Mapping

from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, retrieve


def current(turn: Turn) -> Body:
    """GET /v1/account; the object is made when it is first asked for."""
    own = turn.work.account.id
    stored = turn.peek("account", own)
    if stored is None:
        stored = turn.create("account", {"id": own, "type": "standard"})
        stored.private["own"] = True
    return turn.shown(stored)


def one(turn: Turn) -> Body:
    return current(turn) if turn.path["account"] == turn.work.account.id else retrieve(turn)


def after_create_account(turn: Turn, stored: Stored, params: Body) -> None:
    stored.body["type"] = params.get("type") or "none"


def hides(turn: Turn, stored: Stored) -> bool:
    """Lists hold connected accounts only."""
    return stored.private.get("own") is True


BEHAVIOURS: Mapping[str, Behaviour] = {"account": Behaviour(after_create=after_create_account, hides=hides)}
ACTIONS: Mapping[str, Verb] = {"accounts.retrieve_current": current, "accounts.retrieve": one}
