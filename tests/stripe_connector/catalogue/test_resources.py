"""The resources: their number, their references, their markers and their ids."""

import json
import re
from collections.abc import Iterator

import pytest
from connector_sdk import SettingError
from connector_sdk.schema import Field, json_schema
from stripe_connector.catalogue import Catalogue


def test_every_resource_is_there(catalogue: Catalogue) -> None:
    named = [name for name in catalogue.resources if catalogue.resource(name).object_name]
    assert len(named) == 180
    assert set(catalogue.resources) - set(named) == {"v2.deleted_object"}


def test_every_reference_leads_to_a_resource(catalogue: Catalogue) -> None:
    known = set(catalogue.resources)
    schemas = [catalogue.resource(name).schema for name in catalogue.resources]
    schemas += [catalogue.request(o) for o in catalogue.api_calls.values()]
    refs = [ref for schema in schemas for ref in references(schema)]
    assert len(refs) > 400
    assert set(refs) <= known
    for api_call in catalogue.api_calls.values():
        assert set(api_call.returns_any) <= known
        assert api_call.returns in known | {""}
        holds_one = api_call.shape in ("object", "list", "search")
        assert bool(api_call.returns or api_call.returns_any) == holds_one


def test_the_object_field_says_the_name_of_the_resource(catalogue: Catalogue) -> None:
    for name in catalogue.resources:
        resource = catalogue.resource(name)
        assert resource.id == resource.schema.name == name
        marker = resource.schema.child("object")
        if marker is not None and resource.object_name:
            assert marker.choices == (resource.object_name,)


def test_equal_class_names_stay_apart(catalogue: Catalogue) -> None:
    assert catalogue.resource("card").schema.child("cvc_check") is not None
    assert catalogue.resource("issuing.card").schema.child("cardholder") is not None
    names = {catalogue.resource(name).object_name for name in catalogue.resources}
    assert {"account", "financial_connections.account", "v2.core.account"} <= names


def test_an_expandable_field_is_an_id_until_it_is_expanded(catalogue: Catalogue) -> None:
    customer = catalogue.resource("charge").schema.child("customer")
    assert customer is not None
    assert (customer.type, customer.ref, customer.on_request) == ("string", "customer", True)
    source = catalogue.resource("customer").schema.child("default_source")
    assert source is not None
    assert source.on_request
    assert [option.ref for option in source.any_of] == [
        "",
        "account",
        "bank_account",
        "card",
        "source",
    ]


def test_a_list_inside_an_object_shows_its_rows(catalogue: Catalogue) -> None:
    lines = catalogue.resource("invoice").schema.child("lines")
    assert lines is not None
    assert [field.name for field in lines.fields] == ["object", "data", "has_more", "url"]
    rows = lines.fields[1].items
    assert rows is not None
    assert rows.ref == "invoice_line_item"


def test_the_deleted_marker_is_known_and_never_null(catalogue: Catalogue) -> None:
    marked = [name for name in catalogue.resources if catalogue.resource(name).deleted]
    assert len(marked) == 24
    assert {"customer", "product", "coupon", "invoice_item", "webhook_endpoint"} <= set(marked)
    assert "charge" not in marked
    for name in marked:
        marker = catalogue.resource(name).schema.child("deleted")
        assert marker is not None
        assert (marker.choices, marker.required, marker.nullable) == ((True,), False, False)


def test_int64_of_v2_travels_as_text(catalogue: Catalogue) -> None:
    found = dict(catalogue.resource("v2.commerce.product_catalog_import").schema.walk())
    int64 = {path for path, field in found.items() if field.format == "int64"}
    assert len(int64) == 7
    assert all(found[path].type == "string" for path in int64)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("customer", "cus"),
        ("checkout.session", "cs"),
        ("subscription_schedule", "sub_sched"),
        ("v2.core.account", "acct"),
        ("coupon", ""),
    ],
)
def test_prefixes(catalogue: Catalogue, name: str, prefix: str) -> None:
    assert catalogue.resource(name).prefix == prefix


def test_an_unknown_resource_gets_the_nearest_one(catalogue: Catalogue) -> None:
    with pytest.raises(SettingError) as caught:
        catalogue.resource("billing.metre")
    assert caught.value.problem.remedy == "Did you mean 'billing.meter'?"


def references(field: Field) -> Iterator[str]:
    if field.ref:
        yield field.ref
    for part in (*field.fields, *field.any_of, *((field.items,) if field.items else ())):
        yield from references(part)


def test_every_reference_of_a_json_schema_leads_somewhere(catalogue: Catalogue) -> None:
    for name in catalogue.resources:
        text = json.dumps(json_schema(catalogue.resource(name).schema))
        named = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', text))
        assert named == set(json.loads(text).get("$defs", {}))
