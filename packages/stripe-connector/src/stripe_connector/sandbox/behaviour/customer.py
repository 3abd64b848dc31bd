"""Customers, with their tax ids and the end of their subscriptions."""

from collections.abc import Mapping

from stripe_connector.sandbox.behaviour.payment_method import attach_to
from stripe_connector.sandbox.behaviour.subscription import end
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def after_create(turn: Turn, stored: Stored, params: Body) -> None:
    body = stored.body
    settings = body["invoice_settings"] if isinstance(body["invoice_settings"], dict) else {}
    body["invoice_settings"] = {
        "custom_fields": None,
        "default_payment_method": None,
        "footer": None,
        "rendering_options": None,
        **settings,
    }
    body["invoice_prefix"] = body["invoice_prefix"] or turn.ids.code()
    body["preferred_locales"] = body["preferred_locales"] or []
    if params.get("payment_method"):
        method = turn.find("payment_method", params["payment_method"], "payment_method", 400)
        attach_to(turn, method, stored.id)
    _add_tax_ids(turn, stored, params)


def _add_tax_ids(turn: Turn, stored: Stored, params: Body) -> None:
    given = params.get("tax_id_data")
    for data in given if isinstance(given, list) else ():
        if isinstance(data, dict):
            turn.create("tax_id", data, {"customer": stored.id})


def before_delete(turn: Turn, stored: Stored) -> None:
    for subscription in list(turn.work.account.live("subscription")):
        if subscription.body["customer"] == stored.id and not subscription.body["ended_at"]:
            end(turn, subscription)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "customer": Behaviour(after_create=after_create, before_delete=before_delete)
}
ACTIONS: Mapping[str, Verb] = {}
