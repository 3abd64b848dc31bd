"""Setup intents: a payment method made ready without a payment."""

from collections.abc import Mapping

from stripe_connector.sandbox.behaviour.payment_method import attach_to
from stripe_connector.sandbox.refusal import RefusalError, not_allowed
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_CODE = "setup_intent_unexpected_state"
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation")


def after_create_setup_intent(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    body["client_secret"] = f"{stored.id}_secret_{turn.ids.text(25)}"
    body["payment_method_types"] = body["payment_method_types"] or ["card"]
    after_update_setup_intent(turn, stored, params)
    if params.get("confirm"):
        _confirm(turn, stored)


def before_update_setup_intent(turn: Turn, stored: Stored, params: Body) -> None:
    _expect(stored, "updated")


def after_update_setup_intent(turn: Turn, stored: Stored, params: Body) -> None:
    data = params.get("payment_method_data")
    if isinstance(data, dict):
        stored.body["payment_method"] = turn.create("payment_method", dict(data)).id
    ready = bool(stored.body["payment_method"])
    stored.body["status"] = _CONFIRMABLE[ready]


def _expect(stored: Stored, done: str) -> None:
    status = stored.body["status"]
    if status not in _CONFIRMABLE:
        raise RefusalError(
            400,
            f"This SetupIntent could not be {done} because it has a status of {status}.",
            _CODE,
            stored=True,
            more={"setup_intent": stored.body},
        )


def confirm(turn: Turn) -> Body:
    stored = turn.own()
    _expect(stored, "confirmed")
    body = turn.work.edit(stored)
    if turn.params.get("payment_method"):
        body["payment_method"] = turn.params["payment_method"]
    after_update_setup_intent(turn, stored, turn.params)
    _confirm(turn, stored)
    return turn.shown(stored)


def _confirm(turn: Turn, stored: Stored) -> None:
    method = turn.peek("payment_method", stored.body["payment_method"])
    if method is None:
        raise not_allowed(
            "You cannot confirm this SetupIntent because it's missing a payment method.", _CODE
        )
    customer = stored.body.get("customer")
    if customer and not method.body.get("customer"):
        attach_to(turn, method, customer)
    stored.body["status"] = "succeeded"


BEHAVIOURS: Mapping[str, Behaviour] = {
    "setup_intent": Behaviour(after_create=after_create_setup_intent, before_update=before_update_setup_intent, after_update=after_update_setup_intent),
}
ACTIONS: Mapping[str, Verb] = {"setup_intents.confirm": confirm}
