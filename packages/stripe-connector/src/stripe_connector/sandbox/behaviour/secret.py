"""Secrets of apps, found and deleted by name and scope."""

from collections.abc import Mapping

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import no_such
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb, create

_RESOURCE = "apps.secret"


def _known(turn: Turn) -> Stored | None:
    name, scope = turn.params["name"], turn.params["scope"]
    for stored in turn.work.account.live(_RESOURCE):
        if stored.body["name"] == name and stored.private["scope"] == scope:
            return stored
    return None


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    stored.private["scope"] = params["scope"]
    stored.private["payload"] = params["payload"]
    stored.body["payload"] = None  # shown when it is expanded only


def put(turn: Turn) -> Body:
    known = _known(turn)
    if known is None:
        return create(turn)
    turn.work.edit(known)
    known.private["payload"] = turn.params["payload"]
    return turn.shown(known)


def _found(turn: Turn) -> Stored:
    stored = _known(turn)
    if stored is None:
        raise no_such("secret", str(turn.params["name"]), "name")
    return stored


def find(turn: Turn) -> Body:
    return turn.shown(_found(turn))


def delete(turn: Turn) -> Body:
    stored = _found(turn)
    turn.work.delete(stored)
    return {**stored.body, "deleted": True}


def of_scope(turn: Turn, stored: Stored, value: JSON) -> bool:
    return stored.private["scope"] == value


BEHAVIOURS: Mapping[str, Behaviour] = {
    _RESOURCE: Behaviour(after_create=after_create, filters={"scope": of_scope}),
}
ACTIONS: Mapping[str, Verb] = {
    "apps.secrets.create": put,
    "apps.secrets.find": find,
    "apps.secrets.delete_where": delete,
}
