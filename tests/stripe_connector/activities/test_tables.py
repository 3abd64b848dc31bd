"""The tables of deletions and effects fit the CATALOGUE."""

import msgspec
import pytest
from connector_sdk import JSON
from stripe_connector.activities.deletion import impossible, ways
from stripe_connector.activities.effects import Effect, effect_of
from stripe_connector.activities.verbs import is_test_helper, verb_of
from stripe_connector.catalogue import load, overlay

CATALOGUE = load()


def test_every_way_leads_to_an_operation() -> None:
    for name in overlay.read("deletions.json")["ways"]:
        for way in ways(name):
            operation = CATALOGUE.operation(name, way.action)
            request = CATALOGUE.request(operation)
            for parameter, value in way.constants.items():
                field = request.child(parameter)
                assert field is not None, f"{name}: {parameter}"
                choices = field.choices or tuple(c for o in field.any_of for c in o.choices)
                assert not choices or value in choices, f"{name}: {parameter}"
            if verb_of(operation) == "delete":
                assert way.means in (operation.action, "delete", "detach", "cancel")


def test_every_object_that_can_be_written_says_what_deleting_means() -> None:
    written = {
        each.object
        for each in CATALOGUE.operations.values()
        if each.method != "GET" and not is_test_helper(each.object)
    }
    silent = {name for name in written if not ways(name) and impossible(name) is None}
    assert silent == set()
    stated = overlay.read("deletions.json")
    assert not stated["ways"].keys() & stated["none"].keys()


def test_every_delete_of_stripe_is_a_way() -> None:
    for operation in CATALOGUE.operations.values():
        if operation.method == "DELETE":
            actions = [way.action for way in ways(operation.object)]
            assert operation.action in actions, operation.id


def test_what_undoes_a_way_exists() -> None:
    for name in overlay.read("deletions.json")["ways"]:
        for way in ways(name):
            if way.undo.startswith("update it with the action "):
                CATALOGUE.operation(name, way.undo.rpartition(" ")[2])
            elif way.undo:
                field, _, value = way.undo.removeprefix("update it with ").partition(" ")
                known = CATALOGUE.request(CATALOGUE.operation(name, "update")).child(field)
                assert known is not None
                assert value in ("true", "false", *known.choices)


def test_effects_are_seen_in_their_object() -> None:
    for name in overlay.read("effects.json")["effects"]:
        effect = effect_of(name)
        assert effect is not None
        operation = CATALOGUE.operations[name]
        assert operation.method == "POST" or operation.action == "cancel"
        if operation.action in ("create", "update"):
            assert bool(effect.failed) == (operation.action == "create"), name
            assert bool(effect.again_with) == (operation.action == "update"), name
            assert not effect.done, name
        else:
            assert effect.harmless != bool(effect.done)
        if effect.harmless:
            continue
        schema = CATALOGUE.response(CATALOGUE.operation(operation.object, "retrieve"))
        for field, wanted in {**effect.done, **effect.failed}.items():
            known = schema.child(field)
            assert known is not None, f"{name}: {field}"
            if known.choices and isinstance(wanted, list):
                assert set(wanted) <= set(known.choices), name
        assert not effect.says or schema.child(effect.says) is not None, name
        request = CATALOGUE.request(operation)
        assert not effect.failed_with or request.child(effect.failed_with) is not None, name
        for parameter, field in effect.same.items():
            assert request.child(parameter) is not None, f"{name}: {parameter}"
            assert schema.child(field) is not None, f"{name}: {field}"
        assert all(schema.child(name) for pair in effect.whole.items() for name in pair), name
        assert all(request.child(parameter) is not None for parameter in effect.again_with)


@pytest.mark.parametrize(
    ("there", "params", "proved"),
    [
        ({"status": "succeeded", "amount_received": 500, "amount": 500}, {}, True),
        ({"status": "succeeded", "amount_received": 300, "amount": 500}, {}, False),
        ({"status": "succeeded", "amount_received": 500}, {"amount_to_capture": 500}, True),
        ({"status": "succeeded", "amount_received": 500}, {"amount_to_capture": 300}, False),
        ({"status": "requires_capture", "amount_received": 0}, {}, False),
        ({}, {}, False),
    ],
)
def test_a_capture_is_proved_by_its_amount(
    there: dict[str, JSON], params: dict[str, JSON], proved: bool
) -> None:
    effect = effect_of("payment_intents.capture")
    assert effect is not None
    assert effect.proved(there, params) is proved
    assert effect.repeatable(params)
    assert not effect.repeatable({**params, "final_capture": False})


def test_set_and_unset_and_expanded_objects() -> None:
    effect = msgspec.convert(
        {
            "done": {"customer": "set", "open": [False], "gone": "unset"},
            "same": {"customer": "customer"},
        },
        Effect,
    )
    there: dict[str, JSON] = {"customer": {"id": "cus_1"}, "open": False}
    assert effect.proved(there, {"customer": "cus_1"})
    assert not effect.proved(there, {"customer": "cus_2"})
    assert not effect.proved({**there, "open": None}, {})
    assert not effect.proved({**there, "gone": 1}, {})
    assert not Effect(again=True).proved(there, {})
