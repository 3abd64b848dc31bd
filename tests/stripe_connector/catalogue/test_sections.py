"""Every object has one section and a label of its own in it."""

from collections import Counter

import pytest
from stripe_connector.catalogue import Catalogue, overlay


def test_every_object_belongs_to_a_section(catalogue: Catalogue) -> None:
    known = [section.id for section in overlay.sections()]
    found = Counter(catalogue.section(each) for each in catalogue.objects)
    assert sorted(found) == sorted(known)
    assert len({section.label for section in overlay.sections()}) == len(known) == 24


def test_labels_are_unique_within_a_section(catalogue: Catalogue) -> None:
    found = Counter((catalogue.section(o), catalogue.label(o)) for o in catalogue.objects)
    assert found.most_common(1)[0][1] == 1


def test_no_name_of_an_object_stands_in_two_sections_and_each_names_something(
    catalogue: Catalogue,
) -> None:
    stated = overlay.read("sections.json")
    names = [name for section in stated["sections"] for name in section["objects"]]
    assert len(names) == len(set(names))
    for name in (*names, *stated["labels"]):
        assert any(f"{each}.".startswith(f"{name}.") for each in catalogue.objects), name


@pytest.mark.parametrize(
    ("object", "section", "label"),
    [
        ("customers", "core", "Customers"),
        ("customers.tax_ids", "billing", "Customer › Tax IDs"),
        ("customers.payment_sources", "payment_methods", "Customer › Payment sources"),
        ("billing.meters.event_summaries", "billing", "Meter › Event summaries"),
        ("checkout.sessions.line_items", "checkout", "Checkout session › Line items"),
        ("products.features", "entitlements", "Product › Features"),
        ("test_helpers.issuing.cards", "issuing", "Test helpers › Cards"),
        ("test_helpers.test_clocks", "billing", "Test helpers › Test clocks"),
        ("v2.core.vault.us_bank_accounts", "v2_core", "US bank accounts"),
    ],
)
def test_sections_and_labels(catalogue: Catalogue, object: str, section: str, label: str) -> None:
    assert (catalogue.section(object), catalogue.label(object)) == (section, label)


def test_an_object_that_no_section_names_is_noticed(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError):
        catalogue.section("nothing.of_the_kind")
