"""Counts, invariants that hold for every operation, and exact spot checks."""

from collections import Counter
from collections.abc import Iterator

import pytest
from connector_sdk import SettingError
from connector_sdk.schema import Field
from stripe_connector.catalogue import Catalogue, load


def test_every_api_call_is_there(catalogue: Catalogue) -> None:
    api_calls = catalogue.api_calls.values()
    assert len(api_calls) == 649
    assert Counter(o.v2 for o in api_calls) == {False: 558, True: 91}
    assert Counter(o.method for o in api_calls) == {"POST": 330, "GET": 290, "DELETE": 29}
    assert Counter(o.host for o in api_calls) == {"api": 646, "files": 2, "meter_events": 1}
    assert Counter(o.body for o in api_calls) == {"form": 557, "json": 91, "multipart": 1}
    assert Counter(o.shape for o in api_calls) == {
        "object": 502,
        "list": 138,
        "search": 7,
        "binary": 1,
        "none": 1,
    }
    assert len(catalogue.objects) == 188
    assert catalogue.api_version == "2026-10-28.endive"


def test_objects_and_api_calls_name_each_other(catalogue: Catalogue) -> None:
    pairs = [(name, action) for name, actions in catalogue.objects.items() for action in actions]
    assert len(pairs) == 649
    for name, action in pairs:
        api_call = catalogue.api_call(name, action)
        assert (api_call.object, api_call.action) == (name, action)
        assert catalogue.api_calls[api_call.id] is api_call
        assert name.startswith("v2.") is api_call.v2


def test_every_request_starts_with_its_path_parameters(catalogue: Catalogue) -> None:
    for api_call in catalogue.api_calls.values():
        request = catalogue.request(api_call)
        assert request.name == api_call.id
        leading = request.fields[: len(api_call.path_parameters)]
        assert tuple(field.name for field in leading) == api_call.path_parameters
        assert all(field.in_path and field.required for field in leading)
        assert not any(field.in_path for field in request.fields[len(leading) :])
        names = [field.name for field in request.fields]
        assert len(set(names)) == len(names), api_call.id
        braced = [part for part in api_call.path.split("/") if part.startswith("{")]
        assert braced == [f"{{{name}}}" for name in api_call.path_parameters]
        assert catalogue.summary(api_call), api_call.id


def test_every_field_is_well_formed(catalogue: Catalogue) -> None:
    schemas = [catalogue.request(o) for o in catalogue.api_calls.values()]
    schemas += [catalogue.resource(name).schema for name in catalogue.resources]
    for schema in schemas:
        for where, field in nodes(schema, schema.name):
            assert_well_formed(where, field)


def assert_well_formed(where: str, field: Field) -> None:
    assert bool(field.any_of) <= (field.type == "any"), where
    assert bool(field.items) == (field.type in ("list", "map")), where
    assert bool(field.fields) <= (field.type == "object"), where
    assert not (field.ref and field.fields), where
    names = [child.name for child in field.fields]
    assert all(names), where
    assert len(set(names)) == len(names), where


def test_a_customer_is_created_from_these_fields(catalogue: Catalogue) -> None:
    api_call = catalogue.api_call("customers", "create")
    assert (api_call.method, api_call.path) == ("POST", "/v1/customers")
    assert (api_call.host, api_call.body, api_call.shape) == ("api", "form", "object")
    assert api_call.returns == "customer"
    request = catalogue.request(api_call)
    assert [field.name for field in request.fields] == [
        "address",
        "balance",
        "business_name",
        "cash_balance",
        "description",
        "email",
        "expand",
        "individual_name",
        "invoice_prefix",
        "invoice_settings",
        "metadata",
        "name",
        "next_invoice_sequence",
        "payment_method",
        "phone",
        "preferred_locales",
        "shipping",
        "source",
        "tax",
        "tax_exempt",
        "tax_id_data",
        "test_clock",
        "validate",
    ]
    assert not any(field.required for field in request.fields)
    tax_exempt = field_of(request, "tax_exempt")
    assert tax_exempt.choices == ("exempt", "none", "reverse")
    assert tax_exempt.open
    assert tax_exempt.clears
    assert not field_of(request, "name").clears
    metadata = field_of(request, "metadata")
    assert metadata.type == "map"
    assert metadata.clears
    assert metadata.items is not None
    assert metadata.items.clears
    shipping = field_of(request, "shipping")
    assert [(child.name, child.required) for child in shipping.fields] == [
        ("address", True),
        ("name", True),
        ("phone", False),
    ]
    assert "customer's tax exemption" in tax_exempt.description


def test_parents_stand_before_their_children_in_a_path(catalogue: Catalogue) -> None:
    create = catalogue.api_call("customers.tax_ids", "create")
    assert create.path == "/v1/customers/{customer}/tax_ids"
    assert create.path_parameters == ("customer",)
    assert create.returns == "tax_id"
    retrieve = catalogue.api_call("customers.tax_ids", "retrieve")
    assert retrieve.path_parameters == ("customer", "id")


def test_cancelling_a_subscription_is_a_delete_that_answers_it_whole(catalogue: Catalogue) -> None:
    api_call = catalogue.api_call("subscriptions", "cancel")
    assert api_call.method == "DELETE"
    assert catalogue.response(api_call).child("status") is not None


def test_a_file_goes_to_its_own_host(catalogue: Catalogue) -> None:
    api_call = catalogue.api_call("files", "create")
    assert (api_call.host, api_call.body) == ("files", "multipart")
    assert field_of(catalogue.request(api_call), "file").type == "file"


def test_a_quote_as_pdf_is_binary(catalogue: Catalogue) -> None:
    api_call = catalogue.api_call("quotes", "pdf")
    assert (api_call.method, api_call.host, api_call.shape) == ("GET", "files", "binary")
    assert catalogue.response(api_call).type == "file"


def test_the_meter_event_stream_has_a_host_and_no_answer(catalogue: Catalogue) -> None:
    api_call = catalogue.api_call("v2.billing.meter_event_stream", "create")
    assert (api_call.host, api_call.body, api_call.shape) == ("meter_events", "json", "none")
    assert api_call.returns == ""
    assert catalogue.response(api_call).fields == ()


def test_event_destinations_belong_to_v2(catalogue: Catalogue) -> None:
    assert catalogue.objects["v2.core.event_destinations"] == (
        "list",
        "create",
        "delete",
        "retrieve",
        "update",
        "disable",
        "enable",
        "ping",
    )
    api_call = catalogue.api_call("v2.core.event_destinations", "create")
    assert (api_call.path, api_call.body) == ("/v2/core/event_destinations", "json")
    assert api_call.returns == "v2.core.event_destination"
    request = catalogue.request(api_call)
    required = {field.name for field in request.fields if field.required}
    assert required == {"enabled_events", "event_payload", "name", "type"}
    payload = field_of(request, "event_payload")
    assert payload.choices == ("snapshot", "thin")
    assert not payload.open
    deleted = catalogue.api_call("v2.core.event_destinations", "delete")
    assert deleted.returns == "v2.deleted_object"


def test_names_that_python_reserves_are_stated_as_the_api_has_them(catalogue: Catalogue) -> None:
    transfer = catalogue.api_call("v2.money_management.inbound_transfers", "create")
    assert field_of(catalogue.request(transfer), "from").required
    assert catalogue.response(transfer).child("from") is not None
    options = field_of(
        catalogue.request(catalogue.api_call("tax.registrations", "create")), "country_options"
    )
    assert options.child("in") is not None
    assert options.child("is") is not None


def test_v2_keys_of_metadata_are_unset_by_null(catalogue: Catalogue) -> None:
    api_call = catalogue.api_call("v2.money_management.transactions", "update")
    items = field_of(catalogue.request(api_call), "metadata").items
    assert items is not None
    assert items.clears
    assert items.nullable


def test_decimals_travel_as_text(catalogue: Catalogue) -> None:
    price = catalogue.request(catalogue.api_call("prices", "create"))
    amount = field_of(price, "unit_amount_decimal")
    assert (amount.type, amount.format) == ("string", "decimal")
    account = catalogue.request(catalogue.api_call("v2.core.accounts", "create"))
    share = dict(account.walk())["identity.individual.relationship.percent_ownership"]
    assert (share.type, share.format) == ("string", "decimal")


def test_several_shapes_of_one_parameter_are_alternatives(catalogue: Catalogue) -> None:
    created = field_of(catalogue.request(catalogue.api_call("customers", "list")), "created")
    assert [option.type for option in created.any_of] == ["object", "integer"]
    assert [child.name for child in created.any_of[0].fields] == ["gt", "gte", "lt", "lte"]
    update = catalogue.request(catalogue.api_call("subscriptions", "update"))
    trial_end = field_of(update, "trial_end")
    assert [(o.type, o.choices, o.format) for o in trial_end.any_of] == [
        ("string", ("now",), ""),
        ("integer", (), "unix-time"),
    ]


def test_milliseconds_are_not_called_unix_time(catalogue: Catalogue) -> None:
    reader = catalogue.resource("terminal.reader").schema
    assert field_of(reader, "last_seen_at").format == ""
    assert field_of(catalogue.resource("customer").schema, "created").format == "unix-time"


def test_one_of_several_resources_may_be_answered(catalogue: Catalogue) -> None:
    several = {o.object for o in catalogue.api_calls.values() if o.returns_any}
    assert several == {"accounts.external_accounts", "customers.payment_sources", "sources"}
    api_call = catalogue.api_call("accounts.external_accounts", "create")
    assert api_call.returns == ""
    assert api_call.returns_any == ("bank_account", "card")
    response = catalogue.response(api_call)
    assert [option.name for option in response.any_of] == ["bank_account", "card"]


@pytest.mark.parametrize(
    ("name", "action", "message", "remedy"),
    [
        ("customer", "create", "no object 'customer'", "Did you mean 'customers'?"),
        ("customers", "creat", "no action 'creat'", "Did you mean 'create'?"),
        ("customers.tax_ids.create", "", "no object", "Did you mean 'customers.tax_ids'?"),
        ("customers", "tax_ids.create", "no action 'tax_ids.create'", "It has "),
        ("", "", "no object ''", "Choose one"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one(
    catalogue: Catalogue, name: str, action: str, message: str, remedy: str
) -> None:
    with pytest.raises(SettingError) as caught:
        catalogue.api_call(name, action)
    assert message in caught.value.problem.message
    assert remedy in caught.value.problem.remedy


def test_the_newest_version_is_the_default(catalogue: Catalogue) -> None:
    assert load("2026-10-28.endive") is catalogue


def nodes(field: Field, where: str) -> Iterator[tuple[str, Field]]:
    """Every node of a tree, what lists and maps hold and alternatives included."""
    yield where, field
    for part in (*field.fields, *field.any_of, *((field.items,) if field.items else ())):
        yield from nodes(part, f"{where}/{part.name}")


def field_of(schema: Field, name: str) -> Field:
    child = schema.child(name)
    assert child is not None, f"{schema.name} has no {name}"
    return child
