"""A concrete path leads back to its operation."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.catalogue import load
from stripe_connector.catalogue.model import ApiCall

SHARED = {"sources.detach": "customers.payment_sources.delete"}
"""Two names for one call: the first of the catalogue is found."""

CATALOGUE = load()
LITERALS = {part for o in CATALOGUE.api_calls.values() for part in o.path.split("/")}
IDS = st.text(min_size=1).filter(lambda text: quote(text, safe="") not in LITERALS)


def filled(api_call: ApiCall, values: dict[str, str]) -> str:
    return api_call.path.format_map({name: quote(v, safe="") for name, v in values.items()})


def test_every_path_is_found_again() -> None:
    for api_call in CATALOGUE.api_calls.values():
        values = {name: f"{name}_1" for name in api_call.path_parameters}
        found = CATALOGUE.find(api_call.method, filled(api_call, values))
        assert found is not None, api_call.id
        assert found[0].id == SHARED.get(api_call.id, api_call.id)
        if api_call.id not in SHARED:
            assert found[1] == values


@given(st.sampled_from(sorted(set(CATALOGUE.api_calls) - set(SHARED))), st.data())
def test_any_id_comes_back_as_it_was(id: str, data: st.DataObject) -> None:
    api_call = CATALOGUE.api_calls[id]
    values = {name: data.draw(IDS) for name in api_call.path_parameters}
    assert CATALOGUE.find(api_call.method, filled(api_call, values)) == (api_call, values)


@given(st.sampled_from(["GET", "POST", "DELETE", "PUT", ""]), st.text())
def test_no_path_breaks_it(method: str, path: str) -> None:
    found = CATALOGUE.find(method, path)
    assert found is None or path.startswith("/v")


def test_literal_segments_win() -> None:
    found = CATALOGUE.find("GET", "/v1/customers/search")
    assert found is not None
    assert found[0].id == "customers.search"
    found = CATALOGUE.find("get", "/v1/customers/cus_1")
    assert found is not None
    assert found[0].id == "customers.retrieve"


def test_a_parameter_stands_in_where_the_literal_leads_nowhere() -> None:
    found = CATALOGUE.find("POST", "/v1/customers/search")
    assert found is not None
    assert found[0].id == "customers.update"
    assert found[1] == {"customer": "search"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/customers/"),
        ("GET", "/v1/customers//tax_ids"),
        ("GET", "v1/customers"),
        ("GET", "/v1/nothing"),
        ("GET", ""),
        ("GET", "/"),
        ("PUT", "/v1/customers"),
        ("GET", "/v1/customers/a/b/c/d"),
    ],
)
def test_what_stripe_does_not_have_is_not_found(method: str, path: str) -> None:
    assert CATALOGUE.find(method, path) is None
