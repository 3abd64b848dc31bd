"""Terminal readers, and how their actions end."""

from collections.abc import Mapping

from connector_sdk import JSON

from stripe_connector.sandbox.refusal import not_allowed
from stripe_connector.sandbox.store import Body
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb

_AT_WORK = "in_progress"


def start(turn: Turn) -> Body:
    stored = turn.own()
    action = stored.body.get("action")
    if isinstance(action, dict) and action["status"] == _AT_WORK:
        raise not_allowed("Reader is currently processing another request.", "terminal_reader_busy")
    body = turn.work.edit(stored)
    kind = turn.api_call.action
    given: dict[str, JSON] = {name: part for name, part in turn.params.items() if name != "type"}
    body["action"] = None
    turn.registry.shapes.put(stored.resource, body, "action.type", kind)
    turn.registry.shapes.put(stored.resource, body, "action.status", _AT_WORK)
    turn.registry.shapes.fill(stored.resource, body, {"action": {kind: given}})
    return turn.shown(stored)


def _finished(status: str) -> Verb:
    def finish(turn: Turn) -> Body:
        stored = turn.own()
        action = stored.body.get("action")
        if not isinstance(action, dict) or action["status"] != _AT_WORK:
            raise not_allowed("The reader has nothing to do at the moment.")
        turn.work.edit(stored)
        action["status"] = status
        return turn.shown(stored)

    return finish


BEHAVIOURS: Mapping[str, Behaviour] = {}
ACTIONS: Mapping[str, Verb] = {
    **dict.fromkeys(
        (
            "terminal.readers.collect_inputs",
            "terminal.readers.collect_payment_method",
            "terminal.readers.confirm_payment_intent",
            "terminal.readers.process_payment_intent",
            "terminal.readers.process_setup_intent",
            "terminal.readers.refund_payment",
            "terminal.readers.set_reader_display",
        ),
        start,
    ),
    "test_helpers.terminal.readers.present_payment_method": _finished("succeeded"),
    "test_helpers.terminal.readers.succeed_input_collection": _finished("succeeded"),
    "test_helpers.terminal.readers.timeout_input_collection": _finished("failed"),
}
