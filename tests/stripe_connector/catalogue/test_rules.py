"""What the rules and the reviewed list say of a field."""

from typing import Any

import pytest
from stripe_connector.catalogue import Catalogue

from scripts.catalogue_source.facts import Reviewed, apply, walk
from scripts.catalogue_source.identity import Identities
from scripts.catalogue_source.rules import RULES

NODE = dict[str, Any]


def known(owner: str, *fields: NODE, side: Any = "request") -> list[NODE]:
    """The fields, with what is known about them."""
    root = {"name": owner, "type": "object", "fields": list(fields)}
    list(apply(walk(side, owner, root), RULES, Reviewed(), {"customers", "files"}))
    found: list[NODE] = root["fields"]  # type: ignore[assignment]
    return found


def field(name: str, kind: str = "string", text: str = "", **more: Any) -> NODE:
    return {"name": name, "type": kind, "description": text, **more}


@pytest.mark.parametrize(
    ("node", "format"),
    [
        (field("cancel_at", "integer"), "unix-time"),
        (field("eta", "integer", "A unix timestamp of the delivery."), "unix-time"),
        (field("last_seen_at", "integer", "In milliseconds since the Unix epoch."), ""),
        (field("due_by", "integer", "Date by which evidence must be there."), "unix-time"),
        (field("amount", "integer"), "minor-units"),
        (field("fee", "integer", "Fees (in cents (or local equivalent)) paid."), "minor-units"),
        (field("days", "integer", "Days."), ""),
        (field("amount_percent", "number", "Percent."), ""),
        (field("presentment_currency"), "currency"),
        (field("currency", choices=["cad", "usd"]), ""),
        (field("country", text="Two-letter country code."), "country"),
        (field("country", text="A freeform text field for the country."), ""),
        (field("receipt_email"), "email"),
        (field("return_url"), "url"),
        (field("end_date", text="Date, in YYYY-MM-DD format."), "date"),
        (field("unit_amount_decimal"), "decimal"),
        (field("updated", text="An RFC 3339 date & time value."), "date-time"),
        (field("created"), ""),
        (field("customer"), "id"),
        (field("logo", text="(ID of a [file upload](https://…)) A logo."), ""),
        (field("tax_id", text="The tax ID of the customer (CPF)."), ""),
    ],
)
def test_formats(node: NODE, format: str) -> None:
    (found,) = known("things.create", node)
    assert found.get("format", "") == format


def test_v2_has_moments_as_text() -> None:
    (created, day) = known(
        "v2.core.things.create", field("created"), field("pay_date", text="In YYYY-MM-DD format.")
    )
    assert (created["format"], day["format"]) == ("date-time", "date")


def test_a_value_beside_a_currency_is_money() -> None:
    (pair,) = known(
        "things.create",
        field("price", "object", fields=[field("value", "integer"), field("currency")]),
    )
    assert [part["format"] for part in pair["fields"]] == ["minor-units", "currency"]


def test_the_path_of_an_embedded_list_is_no_url() -> None:
    (lines,) = known("r", field("lines", "object", fields=[field("has_more"), field("url")]))
    assert "format" not in lines["fields"][1]


def test_what_a_list_or_an_alternative_holds_goes_by_the_name_of_its_field() -> None:
    files, created = known(
        "things.list",
        field("files", "list", items=field("")),
        field("created", "any", any_of=[field("", "integer"), field("", "object", fields=[])]),
    )
    assert (files["items"]["format"], files["items"]["id_of"]) == ("id", "files")
    assert created["any_of"][0]["format"] == "unix-time"


def test_an_id_of_an_object_that_this_version_lacks_is_an_id_only() -> None:
    (coupon,) = known("things.create", field("coupon"))
    assert (coupon["format"], "id_of" in coupon) == ("id", False)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("This may be up to *150 characters*.", 150),
        ("The maximum length of this field is 24 characters.", 24),
        ("Maximum length is 1000 characters.", 1000),
        ("Must be at most 12 characters long. Only letters.", 12),
        ("Limited to 15 ASCII characters.", 15),
        ("Max length, 4096 characters.", 4096),
        ("Maximum 10 characters for `ach` transfers or 140 characters for wires.", None),
        ("Must be at least 20 characters.", None),
        ("Must be 43 to 128 characters.", None),
        ("Truncated to 26 characters.", None),
    ],
)
def test_lengths(text: str, length: int | None) -> None:
    (found,) = known("things.create", field("name", text=text))
    assert found.get("max_length") == length


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("You may pass up to 20 items.", 20),
        ("Currently, only up to one may be specified.", 1),
        ("There is a maximum of 200 line items.", 200),
        ("Up to a maximum of 5.", 5),
        (
            "You can pass up to 100 line items, or 1,000 if your account has an increased limit.",
            None,
        ),
        ("Maximum of 100 in one mode, maximum of 20 in the other.", None),
        ("Each may be up to 140 characters.", None),
    ],
)
def test_counts(text: str, count: int | None) -> None:
    (found,) = known("things.create", field("rows", "list", text, items=field("")))
    assert found.get("max_items") == count


@pytest.mark.parametrize(
    ("text", "deprecated"),
    [
        ("[Deprecated] A legacy parameter. More.", "[Deprecated] A legacy parameter."),
        ("The `type` parameter is deprecated. Use x.", "The `type` parameter is deprecated."),
        ("This field will be deprecated in favor of x.", None),
        ("See [legacy](https://docs.stripe.com/ach-deprecated).", None),
        ("Cards. This API is deprecated. Use sources.", None),
    ],
)
def test_deprecation(text: str, deprecated: str | None) -> None:
    (found,) = known("things.create", field("old", text=text))
    assert found.get("deprecated") == deprecated


def test_choices_are_open_in_answers_and_closed_in_requests() -> None:
    status = field("status", choices=["a"])
    constant = field("object", choices=["thing"])
    (answered, named) = known("thing", dict(status), constant, side="response")
    (asked,) = known("things.create", dict(status))
    assert (answered.get("open"), named.get("open"), asked.get("open")) == (True, None, None)


def test_metadata_has_stripes_limits() -> None:
    (found,) = known("things.create", field("metadata", "map", items=field("")))
    assert (found["max_items"], found["max_length"], found["items"]["max_length"]) == (50, 40, 500)


def test_ids_in_paths_belong_to_what_they_follow(catalogue: Catalogue) -> None:
    expected = {
        ("customers.tax_ids.retrieve", "customer"): "customers",
        ("customers.tax_ids.retrieve", "id"): "customers.tax_ids",
        ("subscriptions.cancel", "subscription_exposed_id"): "subscriptions",
        ("test_helpers.issuing.cards.ship_card", "card"): "issuing.cards",
        ("test_helpers.test_clocks.advance", "test_clock"): "test_helpers.test_clocks",
        ("payment_intents.capture", "intent"): "payment_intents",
        ("country_specs.retrieve", "country"): "",
    }
    for (api_call, name), wanted in expected.items():
        found = catalogue.request(catalogue.api_calls[api_call]).child(name)
        assert found is not None
        assert found.id_of == wanted
    assert Identities([]).homes == {}


def test_every_id_names_an_object(catalogue: Catalogue) -> None:
    found = 0
    for api_call in catalogue.api_calls.values():
        for path, node in catalogue.request(api_call).walk():
            assert not node.id_of or node.id_of in catalogue.objects, (api_call.id, path)
            assert not node.id_of or node.format == "id"
            found += bool(node.id_of)
    assert found > 1100


def test_rules_that_have_exceptions_exist() -> None:
    names = {rule.name for rule in (*RULES, *Identities([]).rules())}
    assert Reviewed().rules <= names
