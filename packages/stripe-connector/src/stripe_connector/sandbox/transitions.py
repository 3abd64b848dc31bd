"""Actions that change an object's state, as data (`transitions.json`): cancel, archive, capture."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
from connector_sdk import JSON

from stripe_connector.sandbox import refusal, verbs
from stripe_connector.sandbox.shapes import moment
from stripe_connector.sandbox.store import Body, Stored
from stripe_connector.sandbox.turn import Turn

_PARAMETER = re.compile(r"\{([\w.]+)\}")


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """By the call's id."""
    data: dict[str, Any] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
    found: dict[str, Mapping[str, Any]] = data["transitions"]
    return found


def act(turn: Turn) -> Body:
    rule = table()[turn.operation.id]
    stored = verbs.own(turn)
    _expect(turn, stored, rule)
    body = turn.work.edit(stored)
    shapes = turn.registry.shapes
    shapes.fill(stored.resource, body, turn.params)
    for path, value in rule.get("to", {}).items():
        shapes.put(stored.resource, body, path, _filled(value, turn.params))
    for path, value in rule.get("add", {}).items():
        have, more = _at(body, path), _filled(value, turn.params)
        shapes.put(stored.resource, body, path, cast(int, have) + cast(int, more))
    for path in rule.get("at", ()):
        now: JSON = moment(turn.now) if turn.operation.v2 else turn.now
        shapes.put(stored.resource, body, path, now)
    return turn.shown(stored)


def _expect(turn: Turn, stored: Stored, rule: Mapping[str, Any]) -> None:
    for path, allowed in rule.get("from", {}).items():
        value = _at(stored.body, path)
        if value not in allowed:
            name = turn.registry.catalogue.resource(stored.resource).object_name
            done = turn.operation.action.partition("_")[0]
            raise refusal.not_allowed(
                f"You can't {done} {name.rpartition('.')[2].replace('_', ' ')} '{stored.id}', "
                f"because its {path} is {_written(value)}.",
                rule.get("code", ""),
            )


def _at(body: JSON, path: str) -> JSON:
    for step in path.split("."):
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _filled(value: JSON, params: Body) -> JSON:
    """ "{name}" alone keeps the parameter's type."""
    if not isinstance(value, str):
        return value
    whole = _PARAMETER.fullmatch(value)
    if whole:
        return _at(params, whole[1])
    return _PARAMETER.sub(lambda found: str(_at(params, found[1])), value)


def _written(value: JSON) -> str:
    return value if isinstance(value, str) and value else orjson.dumps(value).decode()
