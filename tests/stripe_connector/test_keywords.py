"""The keywords of Stripe for Python are the settings that are declared."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from connector_sdk import SettingError, form_of
from stripe_connector import Stripe
from stripe_connector.activities.choices.settings import WRITES, ActivitySettings
from stripe_connector.settings import ConnectionSettings

NOT_SETTINGS = {"action", "key", "identity", "values", "objects"}
"""Keywords that say what is done, and not how."""
TYPES: dict[str, tuple[str, ...]] = {
    "search": ("search",),
    "explain": ("search",),
    "list": ("search",),
    "read": ("read",),
    "rows": ("read",),
    "create": ("create",),
    "update": ("update",),
    "delete": ("delete",),
    "write": WRITES,
}
ANNOTATIONS: dict[str, tuple[object, ...]] = {
    "string": (str,),
    "integer": (int, int | None),
    "number": (float,),
    "boolean": (bool,),
    "list": (Sequence[str],),
    "any": (str,),
}


def keywords(method: str) -> Mapping[str, inspect.Parameter]:
    found = inspect.signature(getattr(Stripe, method)).parameters
    return {
        name: each
        for name, each in found.items()
        if each.kind is inspect.Parameter.KEYWORD_ONLY and name not in NOT_SETTINGS
    }


@pytest.mark.parametrize("method", TYPES)
def test_each_keyword_is_a_setting_of_its_type_and_default(method: str) -> None:
    declared = {
        field.name: field
        for kind in TYPES[method]
        for field in form_of(ActivitySettings, kind).fields
    }
    assert keywords(method)
    for name, keyword in keywords(method).items():
        field = declared[name]
        assert keyword.annotation in ANNOTATIONS[field.type], name
        assert keyword.default in (field.default, None, "", (), False), name
        if isinstance(field.default, bool):
            assert keyword.default is field.default, name


def test_the_keywords_of_a_connection_are_its_settings() -> None:
    found = inspect.signature(Stripe.__init__).parameters
    declared = {field.name: field for field in form_of(ConnectionSettings).fields}
    assert {*found} - {"self"} == {*declared}
    for name, field in declared.items():
        assert found[name].annotation in ANNOTATIONS[field.type], name
        assert found[name].default in (field.default, ""), name


async def test_any_setting_is_a_keyword() -> None:
    async with Stripe(address="sandbox") as stripe:
        made = await stripe.create("customers", {"name": "Ada", "phone": "1"})
        (listed,) = [
            each
            async for each in stripe.list("customers", fields=["name", "phone"], without=["id"])
        ]
        (found,) = [
            each
            async for each in stripe.search(
                "customers", "name:ada", fields=["name", "phone"], without=["phone"]
            )
        ]
        read = await stripe.read("customers", made["id"], without=["phone"])
        with pytest.raises(SettingError, match="no field 'fone'"):
            await stripe.read("customers", made["id"], without=["fone"])
    assert listed == {"name": "Ada", "phone": "1"}
    assert found == {"id": made["id"], "name": "Ada"}
    assert {*made} - {*read} == {"phone"}


@pytest.mark.parametrize(("kind", "action"), [("search", "list"), ("read", "retrieve")])
async def test_every_declared_setting_is_known_by_its_name(kind: str, action: str) -> None:
    async with Stripe(address="sandbox") as stripe:
        form = stripe._opened.settings(kind, ("", "customers", action))
        for name in {field.name for field in form.fields} - {"parents", "parameters"}:
            given: dict[str, Any] = {name: "x"}
            assert stripe._settings_of(kind, "customers", action, given) == given
