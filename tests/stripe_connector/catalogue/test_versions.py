"""A pinned version gets the catalogue that describes it, and what it lacks is told."""

import pytest
from connector_sdk import SettingError
from stripe_connector.catalogue import Catalogue, load, overlay, versions

OLDEST, NEWEST = "2024-09-30.acacia", "2026-10-28.endive"


@pytest.mark.parametrize(
    ("pinned", "described_by"),
    [
        ("", NEWEST),
        (NEWEST, NEWEST),
        ("2027-01-01.fern", NEWEST),
        ("2025-02-24.acacia", "2025-02-24.acacia"),
        ("2025-01-27.acacia", OLDEST),
        ("2025-03-31.basil", "2025-03-31.basil"),
        ("2025-06-30.basil", "2025-03-31.basil"),
        ("2026-09-01.dahlia", "2026-08-26.dahlia"),
        ("2020-08-27", OLDEST),
    ],
)
def test_the_newest_catalogue_that_is_not_newer_describes_a_version(
    pinned: str, described_by: str
) -> None:
    assert versions.closest(pinned) == load(pinned).api_version == described_by


def test_only_a_version_older_than_all_gets_a_note() -> None:
    assert [versions.note(each) for each in ("", NEWEST, "2025-06-30.basil", "2027-01-01")] == [
        ""
    ] * 4
    assert versions.note("2020-08-27") == (
        "The API version 2020-08-27 is older than the oldest catalogue; objects, actions and "
        "fields are those of 2024-09-30.acacia."
    )


def test_families_of_versions_never_share_a_catalogue() -> None:
    """A family begins with a version that takes things away: it has to be there itself."""
    first: dict[str, str] = {}
    for version in versions.shipped():
        first.setdefault(version[11:], version)
    assert list(first.values()) == [
        "2024-09-30.acacia",
        "2025-03-31.basil",
        "2025-09-30.clover",
        "2026-03-25.dahlia",
        "2026-09-30.endive",
    ]


@pytest.mark.parametrize("version", versions.shipped())
def test_every_version_is_whole(version: str) -> None:
    catalogue = load(version)
    assert len(catalogue.api_calls) > 500
    known = [section.id for section in overlay.sections()]
    assert {catalogue.section(each) for each in catalogue.objects} <= set(known)
    labels = {(catalogue.section(o), catalogue.label(o)) for o in catalogue.objects}
    assert len(labels) == len(catalogue.objects)
    resources = set(catalogue.resources)
    for api_call in catalogue.api_calls.values():
        assert {api_call.returns, *api_call.returns_any} - {""} <= resources
    for name in ("customers.create", "invoices.list", "prices.update"):
        api_call = catalogue.api_calls[name]
        assert catalogue.summary(api_call)
        assert catalogue.request(api_call).child("expand") is not None
        assert catalogue.response(api_call).child("id") is not None


def test_usage_records_went_with_basil() -> None:
    acacia = load("2025-02-24.acacia")
    api_call = acacia.api_call("subscription_items.usage_records", "create")
    assert api_call.path == "/v1/subscription_items/{subscription_item}/usage_records"
    request = acacia.request(api_call)
    assert [field.name for field in request.fields if field.required] == [
        "subscription_item",
        "quantity",
    ]
    assert acacia.response(api_call).child("quantity") is not None
    for version in ("2025-03-31.basil", NEWEST):
        with pytest.raises(SettingError) as caught:
            load(version).api_call("subscription_items.usage_records", "create")
        assert caught.value.problem.text() == (
            "subscription_items.usage_records existed until 2025-02-24.acacia; this connection "
            f"goes by {version}. Use what Stripe has in its place, or set "
            "`api_version: 2025-02-24.acacia`."
        )


def test_what_came_later_is_told_with_its_version() -> None:
    acacia = load("2025-02-24.acacia")
    with pytest.raises(SettingError) as caught:
        acacia.api_call("billing.feedback_options", "create")
    problem = caught.value.problem
    assert problem.code == "newer_api_version"
    assert "exists since 2026-08-26.dahlia; this connection goes by 2025-02-24" in problem.message
    with pytest.raises(SettingError, match="attach_payment of invoices exists since 2025-08-27"):
        acacia.api_call("invoices", "attach_payment")


def test_what_no_version_has_is_absent_nowhere(catalogue: Catalogue) -> None:
    assert versions.absent(NEWEST, "customers") is None
    assert versions.absent(NEWEST, "custommers") is None
    assert versions.absent(NEWEST, "transfers.reversals", "create") is None
    with pytest.raises(SettingError, match="no object 'custommers'"):
        catalogue.api_call("custommers", "create")


def test_an_object_says_which_names_it_has_elsewhere() -> None:
    basil = load("2025-03-31.basil")
    request = basil.request(basil.api_call("customers", "create"))
    assert dict(request.elsewhere) == {
        "business_name": "It exists since 2025-09-30.clover; this connection goes by "
        "2025-03-31.basil.",
        "coupon": "It existed until 2025-02-24.acacia; this connection goes by 2025-03-31.basil.",
        "individual_name": "It exists since 2025-09-30.clover; this connection goes by "
        "2025-03-31.basil.",
        "promotion_code": "It existed until 2025-02-24.acacia; this connection goes by "
        "2025-03-31.basil.",
    }
    session = basil.request(basil.api_call("checkout.sessions", "create"))
    found = dict(session.walk())
    assert "payto" in dict(found["payment_method_options"].elsewhere)
    assert "template" in dict(found["invoice_creation.invoice_data.rendering_options"].elsewhere)
