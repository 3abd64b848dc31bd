"""Every way to delete, carried out on a new object, and taken back where the table says how."""

import pytest
from connector_sdk import JSON
from stripe_connector.activities.choices.verbs import Way, ways
from stripe_connector.catalogue import overlay

from tests.stripe_connector.battery.maker import CATALOGUE, Maker
from tests.stripe_connector.battery.test_actions import NEVER, ready
from tests.stripe_connector.sandbox.direct import REGISTRY

WAYS = [
    (name, way)
    for name in overlay.read("deletions.json")["ways"]
    for way in ways(name)
    if f"{name}.{way.action}" not in {*NEVER, "sources.detach"}
]

HIDDEN = {"disabled"}
"""A parameter that no field of the object answers: a webhook endpoint says it by its status."""


@pytest.mark.parametrize(("name", "way"), WAYS, ids=[f"{name}.{way.means}" for name, way in WAYS])
def test_a_way_is_carried_out_and_taken_back(name: str, way: Way) -> None:
    api_call = CATALOGUE.api_call(name, way.action)
    maker = Maker()
    path, params = ready(maker, api_call)
    given: dict[str, JSON] = {**way.constants} if way.constants else params
    status, done = maker.call(api_call, path, given)
    assert status == 200, done
    if api_call.method == "DELETE" and way.means == "delete":
        again, _ = maker.call(api_call, path, given)
        assert again == 404
        assert not way.undo
    for field, value in way.constants.items():
        assert value == "now" or field in HIDDEN or done[field] == value
    if way.undo:
        action, params = _undoing(way)
        status, back = maker.call(CATALOGUE.api_call(name, action), path, params)
        assert status == 200, back
        for field, value in params.items():
            assert field in HIDDEN or back[field] == value
        assert back["id"] == done["id"]


def _undoing(way: Way) -> tuple[str, dict[str, JSON]]:
    text = way.undo.removeprefix("update it with ")
    if text.startswith("the action "):
        return text.removeprefix("the action "), {}
    field, _, value = text.partition(" ")
    return "update", {field: {"true": True, "false": False}.get(value, value)}


def test_ways_are_known_to_the_sandbox() -> None:
    assert len(WAYS) > 80
    assert {CATALOGUE.api_call(name, way.action).id for name, way in WAYS} <= {
        *REGISTRY.catalogue.api_calls
    }
