"""What is stated by hand fits what is generated, and names its source."""

import json
import re
from pathlib import Path

import pytest
from connector_sdk.conform import conform
from stripe_connector import catalogue as package
from stripe_connector.catalogue import Catalogue, load, minor_units, overlay, versions

OVERLAYS = sorted((Path(package.__file__).parent / "overlays").glob("*.json"))


@pytest.mark.parametrize("file", OVERLAYS, ids=lambda file: file.name)
def test_every_overlay_names_its_source(file: Path) -> None:
    assert "https://docs.stripe.com/" in json.loads(file.read_text(encoding="utf-8"))["source"]


def test_prefixes_belong_to_resources_with_an_id(catalogue: Catalogue) -> None:
    for name, prefix in overlay.prefixes().items():
        assert catalogue.resource(name).schema.child("id") is not None, name
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", prefix), name


def test_list_defaults_are_parameters_of_their_lists(catalogue: Catalogue) -> None:
    for name, defaults in overlay.list_defaults().items():
        request = catalogue.request(catalogue.api_call(name, "list"))
        for parameter, values in defaults.items():
            field = request.child(parameter)
            assert field is not None
            assert not conform(field, values[0]).problems


def test_search_fields_cover_the_searchable_objects(catalogue: Catalogue) -> None:
    searchable = {o.object for o in catalogue.api_calls.values() if o.shape == "search"}
    assert set(overlay.search_fields()) == searchable
    for name in searchable:
        fields = catalogue.search_fields(name)
        assert set(fields.values()) <= {"token", "string", "number"}
        schema = catalogue.response(catalogue.api_call(name, "search"))
        paths = {path for path, _ in schema.walk()}
        places = overlay.search_places().get(name, {})
        assert {places.get(field, field) for field in fields} <= paths
    assert dict(catalogue.search_fields("subscriptions")) == {
        "canceled_at": "number",
        "created": "number",
        "status": "token",
    }
    assert catalogue.search_fields("coupons") == {}


def test_minor_units_are_stripes_own() -> None:
    units = minor_units()
    assert all(re.fullmatch("[a-z]{3}", currency) for currency in units)
    assert {currency for currency, decimals in units.items() if decimals == 3} == {
        "bhd",
        "jod",
        "kwd",
        "omr",
        "tnd",
    }
    assert sum(decimals == 0 for decimals in units.values()) == 15
    assert (units["jpy"], units["eur"], units["isk"], units["ugx"]) == (0, 2, 2, 2)
    assert len(units) > 135


def test_a_request_schema_drives_conform(catalogue: Catalogue) -> None:
    request = catalogue.request(catalogue.api_call("customers", "create"))
    fitted = conform(request, {"name": "Ada", "balance": "-500", "metadata": {"crm_id": ""}})
    assert fitted.problems == ()
    assert fitted.value == {"name": "Ada", "balance": -500, "metadata": {"crm_id": None}}
    wrong = conform(request, {"nmae": "Ada"})
    assert wrong.problems[0].remedy == "Did you mean 'name'?"


def test_starting_values_are_parameters_of_create_and_update() -> None:
    """In one version at least: older ones have others."""
    catalogues = [load(version) for version in versions.shipped()]
    for name, values in overlay.starting().items():
        for parameter, told in values.items():
            assert told.startswith("An update "), parameter
            assert told.endswith("."), parameter
            assert any(
                all(
                    each.request(each.api_call(name, action)).child(parameter) is not None
                    for action in ("create", "update")
                )
                for each in catalogues
                if f"{name}.create" in each.api_calls
            ), f"{name}.{parameter}"


def test_what_an_update_would_do_once_more_is_a_starting_value(catalogue: Catalogue) -> None:
    for api_call, effect in overlay.read("effects.json")["effects"].items():
        name, _, action = api_call.rpartition(".")
        if action != "update" or f"{name}.create" not in catalogue.api_calls:
            continue
        create = catalogue.request(catalogue.api_call(name, "create"))
        for parameter in effect.get("again_with", ()):
            if create.child(parameter) is not None:
                assert parameter in overlay.starting()[name], f"{name}.{parameter}"
