"""The table of deletions fits the catalogue."""

from stripe_connector.activities.choices.verbs import impossible, is_test_helper, verb_of, ways
from stripe_connector.catalogue import load, overlay

CATALOGUE = load()


def test_every_way_leads_to_an_api_call() -> None:
    for name in overlay.read("deletions.json")["ways"]:
        for way in ways(name):
            api_call = CATALOGUE.api_call(name, way.action)
            request = CATALOGUE.request(api_call)
            for parameter, value in way.constants.items():
                field = request.child(parameter)
                assert field is not None, f"{name}: {parameter}"
                choices = field.choices or tuple(c for o in field.any_of for c in o.choices)
                assert not choices or value in choices, f"{name}: {parameter}"
            if verb_of(api_call) == "delete":
                assert way.means in (api_call.action, "delete", "detach", "cancel")


def test_every_object_that_can_be_written_says_what_deleting_means() -> None:
    written = {
        each.object
        for each in CATALOGUE.api_calls.values()
        if each.method != "GET" and not is_test_helper(each.object)
    }
    silent = {name for name in written if not ways(name) and impossible(name) is None}
    assert silent == set()
    stated = overlay.read("deletions.json")
    assert not stated["ways"].keys() & stated["none"].keys()


def test_every_delete_of_stripe_is_a_way() -> None:
    for api_call in CATALOGUE.api_calls.values():
        if api_call.method == "DELETE":
            actions = [way.action for way in ways(api_call.object)]
            assert api_call.action in actions, api_call.id


def test_what_undoes_a_way_exists() -> None:
    for name in overlay.read("deletions.json")["ways"]:
        for way in ways(name):
            if way.undo.startswith("update it with the action "):
                CATALOGUE.api_call(name, way.undo.rpartition(" ")[2])
            elif way.undo:
                field, _, value = way.undo.removeprefix("update it with ").partition(" ")
                known = CATALOGUE.request(CATALOGUE.api_call(name, "update")).child(field)
                assert known is not None
                assert value in ("true", "false", *known.choices)
