from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe_connector.wire import WireError, build_path, field_path

ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(ids.filter(lambda text: text not in (".", "..")), ids.map(lambda text: text + "x"))
def test_no_id_reaches_another_path(customer: str, id: str) -> None:
    path = build_path("/v1/customers/{customer}/tax_ids/{id}", {"customer": customer, "id": id})
    parts = path.split("/")
    assert [parts[1], parts[2], parts[4]] == ["v1", "customers", "tax_ids"]
    assert (unquote(parts[3]), unquote(parts[5])) == (customer, id)
    assert path.isascii()
    assert not set(path) & set("?#\\ \r\n")


def test_ids_are_quoted() -> None:
    assert build_path("/v1/c/{id}", {"id": "a/b"}) == "/v1/c/a%2Fb"
    assert build_path("/v1/c/{id}", {"id": "../x?y#z"}) == "/v1/c/..%2Fx%3Fy%23z"
    assert build_path("/v1/balance", {}) == "/v1/balance"


@pytest.mark.parametrize("id", ["", ".", "..", "\ud800"])
def test_ids_that_name_nothing_are_refused(id: str) -> None:
    with pytest.raises(WireError) as caught:
        build_path("/v1/customers/{customer}", {"customer": id})
    assert caught.value.key == "customer"
    with pytest.raises(WireError, match="missing"):
        build_path("/v1/customers/{customer}", {})


@pytest.mark.parametrize(
    ("param", "path"),
    [
        ("", ""),
        ("email", "email"),
        ("invoice_settings[nope]", "invoice_settings.nope"),
        ("items[0][price]", "items[0].price"),
        ("expand[]", "expand[]"),
        ("metadata[Customer.Name]", 'metadata."Customer.Name"'),
        ("metadata[a b]", 'metadata."a b"'),
        ('metadata[a"b]', 'metadata."a\\"b"'),
    ],
)
def test_places_are_named_in_our_way(param: str, path: str) -> None:
    assert field_path(param) == path
