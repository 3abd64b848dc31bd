"""Fields and operators are checked before anything is asked."""

import pytest
from stripe_connector.catalogue import load
from stripe_connector.query import QueryError, check, clauses, fields_of, parse, unknown_fields


def fault(on: str, text: str, *, native: bool = False, expand: str = "") -> QueryError | None:
    fields = fields_of(load(), load().api_calls[on])
    try:
        check(parse(text), fields, native=native, expanded=frozenset(expand.split()))
    except QueryError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("on", "text", "says"),
    [
        ("customers.list", "nmae:'ann'", "Did you mean 'name'?"),
        ("customers.list", "address.citty:'x'", "Did you mean 'address.city'?"),
        ("customers.list", "balance:1 name>5", "compares numbers"),
        ("customers.list", "balance~'100'", "isn't one"),
        ("customers.list", "name~'an'", "at least 3"),
        ("customers.list", "balance:'ten'", "compared with a number"),
        ("customers.list", "created>2026-01-01", "2026-01-01 00:00 UTC is 1767225600."),
        ("customers.list", "created<2026-01-01T12:00:00+01:00", "UTC+01:00 is 1767265200."),
        ("v2.core.accounts.list", "created>yesterday", "2026-01-31T12:00:00Z"),
        ("v2.core.accounts.list", "created:2026-02-31", "compared with a moment"),
        ("v2.core.accounts.list", "created~2026-01-01", "isn't one"),
        ("customers.list", "name:'' email:x", "name:null"),
        ("customers.list", "metadata['k']:' '", "is empty"),
        ("customers.list", "metadata:'x'", 'metadata["key"]'),
        ("customers.list", "name['x']:'x'", "takes no key in brackets"),
        ("customers.list", "address:'x'", "is an object"),
        ("customers.list", "sources.data.id:'x'", "holds only its first rows"),
        ("subscriptions.list", "customer.email:'x'", "Add customer to `expand`"),
        ("subscriptions.list", "items.data.price.id:'x'", "holds only its first rows"),
        ("billing.meters.list", "display_nme:'x'", "Did you mean 'display_name'?"),
        ("customers.search", "amuont:1", "no field 'amuont'"),
    ],
)
def test_a_clause_that_can_not_be_decided_is_refused(on: str, text: str, says: str) -> None:
    error = fault(on, text)
    assert error is not None
    assert says in f"{error} {error.fix}"


@pytest.mark.parametrize(
    ("on", "text", "expand"),
    [
        ("subscriptions.list", "customer.email:'x'", "customer"),
        ("subscriptions.list", "customer:'cus_1'", ""),
        ("subscriptions.list", "canceled_at>5", ""),
        ("customers.list", "address.city:'Linz' invoice_settings.footer:null", ""),
        ("invoices.list", "subscription:'sub_1' last_finalization_error_code:'x'", ""),
        ("charges.list", "payment_method_details.card.last4:'4242'", ""),
        ("prices.list", "product~'prod'", ""),
        ("customers.tax_ids.list", "type:'eu_vat' verification.status:'pending'", ""),
        ("v2.core.accounts.list", "display_name:'x'", ""),
        ("v2.core.accounts.list", "created>=2026-01-31T12:00:00.5+01:00 created<'2026-02-01'", ""),
        ("v2.core.accounts.list", "created>1769817600 -created:null", ""),
        ("customers.payment_sources.list", "id:'x'", ""),
    ],
)
def test_fields_of_every_kind_of_object(on: str, text: str, expand: str) -> None:
    assert fault(on, text, expand=expand) is None


def test_each_list_has_fields_that_can_be_asked_for() -> None:
    catalogue = load()
    lists = [each for each in catalogue.api_calls.values() if each.shape == "list"]
    assert len(lists) == 138
    for api_call in lists:
        fields = fields_of(catalogue, api_call)
        for name, known in fields.names():
            sized = known.kind in ("number", "moment")
            check(parse(f"{name}:5" if sized else f"{name}:'x'"), fields, native=False)


def test_what_stripe_may_know_and_we_do_not_is_a_warning() -> None:
    fields = fields_of(load(), load().api_calls["customers.search"])
    query = check(parse("favourite:'blue' metadata['a']:'b' emial:'x'"), fields, native=True)
    first, second = unknown_fields(query, fields)
    assert "'favourite'" in str(first)
    assert second.fix == "Did you mean 'email'?"
    assert [clause.kind for clause in clauses(query)] == ["", "token", ""]
    products = fields_of(load(), load().api_calls["products.search"])
    (unknown,) = unknown_fields(check(parse("created>5"), products, native=True), products)
    assert unknown.fix.startswith("It searches by metadata, active")


def test_search_fields_are_those_of_the_objects() -> None:
    catalogue = load()
    for api_call in catalogue.api_calls.values():
        if api_call.shape == "search":
            fields = fields_of(catalogue, api_call)
            for name, kind in fields.searchable.items():
                text = f"{name}:5" if kind == "number" else f"{name}:'x'"
                check(parse(text), fields, native=False)
