"""What the page on API versions says of versions is so, and its decision of numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator

from connector_sdk import Field
from stripe_connector.catalogue import load, versions

from tests.docs.test_truth import page


def test_a_version_in_between_goes_by_the_older_one() -> None:
    assert versions.closest("2025-06-30.basil") == "2025-03-31.basil"


def test_the_decision_counts_what_is_known() -> None:
    catalogue = load()
    asked = counted(catalogue.request(each) for each in catalogue.api_calls.values())
    given = counted(catalogue.resource(name).schema for name in catalogue.resources)
    text = page("decisions/0014-versions-and-formats.md")
    for label, formats in (
        ("ids, of a known object", ("id_of",)),
        ("moments (`unix-time`, `date-time`)", ("unix-time", "date-time")),
        ("money (`minor-units`)", ("minor-units",)),
        ("`country`", ("country",)),
        ("`currency`", ("currency",)),
        ("`url`, `email`", ("url", "email")),
        ("`date`", ("date",)),
        ("`decimal`", ("decimal",)),
        ("lengths", ("max_length",)),
    ):
        numbers = (sum(side[each] for each in formats) for side in (asked, given))
        assert f"| {label} | {' | '.join(f'{number:,}' for number in numbers)} |" in text


def counted(roots: Iterable[Field]) -> Counter[str]:
    found: Counter[str] = Counter()
    for root in roots:
        for node in nodes(root):
            found[node.format] += 1
            found["id_of"] += bool(node.id_of)
            found["max_length"] += bool(node.max_length)
    return found


def nodes(field: Field) -> Iterator[Field]:
    for part in (*field.fields, *field.any_of, *((field.items,) if field.items else ())):
        yield part
        yield from nodes(part)
