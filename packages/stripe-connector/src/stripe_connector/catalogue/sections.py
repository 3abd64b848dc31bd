"""Which section of Stripe's API reference an object belongs to, and what people call it."""

from collections.abc import Iterator
from functools import cache

from stripe_connector.catalogue.overlay import read

_TEST_HELPERS = "test_helpers"


@cache
def section(object: str) -> str:
    """The id of the section that an object belongs to ("customers.tax_ids" -> "billing"): the
    one of the nearest name above it. Raises KeyError for what no section names."""
    known = _named()
    for name in _upwards(object):
        if name in known:
            return known[name]
    raise KeyError(object)


@cache
def label(object: str, parents: frozenset[str]) -> str:
    """What people read instead of an object's id, unique within its section.

    What stands below another object is led by that one in the singular ("Customer › Tax IDs");
    a package is left out, since the section says it ("billing.meters" -> "Meters"). `parents`
    are the ids of all objects.
    """
    stated: dict[str, str] = read("sections.json")["labels"]
    if object in stated:
        return stated[object]
    above, _, name = object.rpartition(".")
    own = _words(name)
    if above in parents:
        return f"{label(above, parents).removesuffix('s')} › {own}"
    return f"Test helpers › {own}" if _TEST_HELPERS in above.split(".") else own


@cache
def _named() -> dict[str, str]:
    return {
        name: each["id"] for each in read("sections.json")["sections"] for name in each["objects"]
    }


def _upwards(name: str) -> Iterator[str]:
    """ "a.b.c", "a.b", "a"."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _words(name: str) -> str:
    special: dict[str, str] = read("sections.json")["words"]
    first, *rest = (special.get(word, word) for word in name.split("_"))
    return " ".join((first[:1].upper() + first[1:], *rest))
