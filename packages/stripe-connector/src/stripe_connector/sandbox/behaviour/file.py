"""Files: what is known of them is kept, their contents are not."""

from collections.abc import Mapping
from pathlib import PurePath

from stripe_connector.sandbox.refusal import missing
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def making(turn: Turn, params: Body) -> None:
    if not isinstance(params.get("file"), dict):
        raise missing("file")


def made(turn: Turn, stored: Stored, params: Body) -> None:
    known = params["file"]
    if isinstance(known, dict):
        stored.body["filename"] = known["filename"]
        stored.body["size"] = known["size"]
        stored.body["type"] = PurePath(str(known["filename"])).suffix.removeprefix(".") or None


BEHAVIOURS: Mapping[str, Behaviour] = {"file": Behaviour(making=making, made=made)}
ACTIONS: Mapping[str, Verb] = {}
