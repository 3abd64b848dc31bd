"""The same record has the same identity, whatever its source makes of a number."""

import pytest
from connector_agent.mapping.value import identity_of
from connector_sdk import JSON
from connector_sdk.path import parse_path

ID = (parse_path("id"),)


@pytest.mark.parametrize(
    ("value", "identity"),
    [
        ("17", "17"),
        (" 17 ", "17"),
        (17, "17"),
        (17.0, "17"),
        (-17.0, "-17"),
        (17.5, "17.5"),
        (float(1 << 52), str(1 << 52)),
        ("017", "017"),
        ("17.0", "17.0"),
        (0, "0"),
        (-0.0, "0"),
        (1e16, "1e+16"),
        ("", ""),
        (" ", ""),
        (None, ""),
        ([17], ""),
    ],
)
def test_one_field(value: JSON, identity: str) -> None:
    assert identity_of({"id": value}, ID) == identity


def test_several_fields() -> None:
    paths = (parse_path("a"), parse_path("b"))
    assert identity_of({"a": 1.0, "b": "x"}, paths) == '["1","x"]'
    assert identity_of({"a": "1", "b": ""}, paths) == ""
    assert identity_of({}, ID) == identity_of({"id": 1}, ()) == ""
