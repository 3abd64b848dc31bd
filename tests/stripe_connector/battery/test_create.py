"""Every create of the catalogue: the smallest request is accepted by us and by the sandbox, and
each fault in it is refused by both, by the sandbox with Stripe's words."""

import pytest
from connector_sdk import JSON
from stripe_connector.catalogue import ApiCall
from stripe_connector.sandbox.dispatch import UNDONE

from tests.stripe_connector.battery import answers, fields, shape
from tests.stripe_connector.battery.maker import CATALOGUE, OFF_SITE, Maker

CREATES = [each for each in CATALOGUE.api_calls.values() if each.action == "create"]
DONE = [each for each in CREATES if each.id not in UNDONE and each.id not in OFF_SITE]
POSTS = [
    each
    for each in CATALOGUE.api_calls.values()
    if each.method == "POST" and each.id not in UNDONE and each.id not in OFF_SITE
]
every_create = pytest.mark.parametrize("api_call", DONE, ids=lambda each: each.id)


def test_no_create_is_left_out() -> None:
    assert len(CREATES) == 112
    assert {each.id for each in CREATES} - {each.id for each in DONE} <= OFF_SITE


def test_the_bodies_are_those_that_were_recorded() -> None:
    """The short ways to write them down agree with the long one."""
    assert answers.unknown("wat") == answers.LITERAL["parameter_unknown"]
    assert answers.missing("currency") == answers.LITERAL["parameter_missing"]
    assert answers.not_integer("abc", "limit") == answers.LITERAL["parameter_invalid_integer"]
    missing = answers.no_such("customer", "cus_aaa", "starting_after")
    assert missing == answers.LITERAL["resource_missing"]


@every_create
def test_the_smallest_request_is_accepted(api_call: ApiCall) -> None:
    maker = Maker()
    path = maker.parents(api_call)
    params = maker.request(api_call)
    sent = {**params, "file": "hello.txt"} if api_call.body == "multipart" else params
    assert fields.ours(api_call, path, sent) is None
    status, body = maker.call(api_call, path, params)
    assert status == 200, body
    assert shape.faults(api_call, body) == []


@every_create
def test_an_unknown_field_is_refused(api_call: ApiCall) -> None:
    maker = Maker()
    path = maker.parents(api_call)
    params: dict[str, JSON] = {**maker.request(api_call), "wat": "1"}
    ours = fields.ours(api_call, path, params)
    assert ours is not None
    assert (ours.code, ours.path) == ("unknown_field", "wat")
    status, body = maker.call(api_call, path, params)
    assert (status, answers.told(body)) == (400, answers.unknown("wat"))


@every_create
def test_an_unknown_field_within_an_object_is_refused(api_call: ApiCall) -> None:
    maker = Maker()
    path = maker.parents(api_call)
    for place in fields.places(api_call, 3):
        if place.field.type != "object" or not place.field.fields:
            continue
        params = place.holding({"nope": "1"})
        ours = fields.ours(api_call, path, params)
        assert ours is not None
        assert ours.code == "unknown_field", place.param
        status, body = maker.call(api_call, path, params)
        told = answers.told(body)
        assert (status, told) == (400, answers.unknown(f"{place.param}[nope]"))


@every_create
def test_a_missing_field_is_refused(api_call: ApiCall) -> None:
    maker = Maker()
    path = maker.parents(api_call)
    whole = maker.request(api_call)
    for field in CATALOGUE.request(api_call).fields:
        if not field.required or field.in_path or field.type == "file":
            continue
        params = {name: value for name, value in whole.items() if name != field.name}
        ours = fields.ours(api_call, path, params)
        assert ours is not None
        assert ours.code == "missing_field"
        status, body = maker.call(api_call, path, params)
        assert (status, answers.told(body)) == (400, answers.missing(field.name))


@every_create
def test_a_missing_field_within_an_object_is_refused(api_call: ApiCall) -> None:
    maker = Maker()
    path = maker.parents(api_call)
    whole = maker.request(api_call)
    for field in CATALOGUE.request(api_call).fields:
        inner = [child for child in field.fields if child.required]
        if field.type != "object" or not inner or len(field.fields) == len(inner) == 1:
            continue
        value = {
            child.name: maker.value(child, api_call)
            for child in field.fields
            if child.required and child is not inner[-1]
        }
        if not value:
            spare = next(child for child in field.fields if not child.required)
            value = {spare.name: maker.value(spare, api_call)}
        params: dict[str, JSON] = {**whole, field.name: value}
        ours = fields.ours(api_call, path, params)
        assert ours is not None
        assert (ours.code, ours.path) == ("missing_field", f"{field.name}.{inner[-1].name}")
        status, body = maker.call(api_call, path, params)
        expected = answers.missing(f"{field.name}[{inner[-1].name}]")
        assert (status, answers.told(body)) == (400, expected)


every_post = pytest.mark.parametrize("api_call", POSTS, ids=lambda each: each.id)


@every_post
def test_a_wrong_type_is_refused(api_call: ApiCall) -> None:
    check_types(api_call)


@every_post
def test_a_wrong_choice_is_refused(api_call: ApiCall) -> None:
    check_choices(api_call)


def check_types(api_call: ApiCall) -> int:
    """How many fields were tried."""
    maker = Maker()
    path = maker.parents(api_call)
    tried = 0
    for place in fields.places(api_call, 9):
        found = fields.wrong(place.field, api_call.v2)
        if found is None:
            continue
        value, code = found
        params = place.holding(value)
        ours = fields.ours(api_call, path, params)
        assert ours is not None, place.param
        assert ours.code == code
        status, body = maker.call(api_call, path, params)
        error = body["error"]
        assert (status, error["type"]) == (400, "invalid_request_error"), place.param
        assert error["param"] == place.param
        kind = place.field.type
        if kind == "integer":
            assert answers.told(body) == answers.not_integer("abc", place.param)
        elif kind != "string":
            assert error["message"] == fields.INVALID[kind]
        tried += 1
    return tried


def check_choices(api_call: ApiCall) -> int:
    """Also those that the SDK leaves open: Stripe refuses what it doesn't know."""
    maker = Maker()
    path = maker.parents(api_call)
    tried = 0
    for place in fields.places(api_call, 9):
        field = place.field
        if not field.choices or field.any_of:
            continue
        params = place.holding("nope")
        ours = fields.ours(api_call, path, params)
        assert ours is not None, place.param
        assert ours.code == ("wrong_choice" if field.type == "string" else f"not_{field.type}")
        assert ("unlisted_choices: allow" in ours.remedy) == (field.open and bool(field.choices))
        status, body = maker.call(api_call, path, params)
        message = body["error"]["message"]
        expected = answers.body(message, place.param)
        assert (status, answers.told(body)) == (400, expected)
        assert message.startswith(f"Invalid {place.param}: must be one of ")
        assert all(str(choice) in message for choice in field.choices)
        tried += 1
    return tried


def test_thousands_of_parameters_are_tried() -> None:
    assert sum(map(check_types, DONE)) > 4_000
    assert sum(map(check_choices, DONE)) > 1_000
