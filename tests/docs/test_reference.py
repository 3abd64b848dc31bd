"""docs/reference lists every activity with what it takes and gives."""

import re
from pathlib import Path

import pytest
from stripe_connector.activities.choices.offers import offers
from stripe_connector.activities.choices.verbs import TYPES
from stripe_connector.catalogue import load

from scripts import build_docs
from scripts.reference_pages import FOLDER, reference_pages


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return dict(reference_pages())


def page(pages: dict[str, str], name: str) -> str:
    return pages[f"{FOLDER}/{name}.md"]


def test_every_activity_has_its_place(pages: dict[str, str]) -> None:
    catalogue = load()
    assert len(pages) == len(catalogue.objects) + 1
    for kind in TYPES:
        for name, actions in offers(catalogue, kind.name, "test").items():
            text = page(pages, f"{catalogue.section(name)}/{name}")
            for action in actions:
                heading = rf"^## (\w+, )*{kind.name}(, \w+)*: {action}$"
                assert len(re.findall(heading, text, re.M)) == 1, (kind.name, name, action)


def test_an_action_has_one_row(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        calls = re.findall(r"^\| `.*` \| `.*` \| (.*) \|$", text, re.M)
        assert len(calls) == len(set(calls)), name


def test_the_index_counts_and_leads_to_every_page(pages: dict[str, str]) -> None:
    index = page(pages, "README")
    assert f"{len(load().objects)} objects with {len(load().api_calls)} API calls" in index
    assert "Every API call is reached by an activity." in index
    linked = re.findall(r"\]\((\w+/[\w.]+\.md)\)", index)
    assert {f"{FOLDER}/{name}" for name in linked} == set(pages) - {f"{FOLDER}/README.md"}
    assert len(linked) == len(set(linked))


def test_fields_are_told_with_what_is_known_of_them(pages: dict[str, str]) -> None:
    customers = page(pages, "core/customers")
    for line in (
        "- `email` text (email), at most 512 characters. Customer's email address.",
        "- `balance` whole number (minor-units). An integer amount in cents (or local equivalent)",
        "- `test_clock` id of test_helpers.test_clocks. ID of the test clock to attach to the",
        "  - `city` text. City, district, suburb, town, or village.",
        "- `id` id of customers, **required**",
        "- `created` whole number (unix-time), always there. Time at which the object was created.",
        "Fields of a query: `created`, `email`, `name`, `phone`, `metadata`.",
    ):
        assert f"\n{line}" in customers
    prices = page(pages, "products/prices")
    assert "with `active: false`" in prices
    assert "To undo it, update it with active true." in prices
    assert "Below: `customer`." in page(pages, "billing/customers.tax_ids")


def test_the_pages_are_small() -> None:
    assert sum(len(text.encode()) for _, text in reference_pages()) < 4_000_000


def test_a_page_that_should_not_be_there_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_docs, "ROOT", tmp_path)
    extra = tmp_path / FOLDER / "core/nothing.md"
    assert extra not in dict(build_docs.reference())
    extra.parent.mkdir(parents=True)
    extra.write_text("# Nothing\n", encoding="utf-8")
    assert dict(build_docs.reference())[extra] == ""
