"""Facts that the official SDK doesn't state, each with its source: sections, labels, rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
from connector_sdk import JSON

_FOLDER = Path(__file__).parent / "overlays"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of Stripe's API reference: its id ("payment_methods") and what people read."""

    id: str
    label: str


@cache
def prefixes() -> Mapping[str, str]:
    """Resource id -> what its ids begin with, without the underscore: "customer" -> "cus"."""
    return MappingProxyType(read("prefixes.json")["prefixes"])


@cache
def search_fields() -> Mapping[str, Mapping[str, str]]:
    """Object -> field of its search -> "token", "string" or "number"."""
    return MappingProxyType(
        {
            name: MappingProxyType(fields)
            for name, fields in read("search_fields.json")["search_fields"].items()
        }
    )


@cache
def search_places() -> Mapping[str, Mapping[str, str]]:
    """Object -> field of its search -> where the object itself keeps it, where that differs."""
    return MappingProxyType(read("search_fields.json")["places"])


@cache
def starting() -> Mapping[str, Mapping[str, str]]:
    """Object -> parameter of its create -> what an update with the same value would undo or do
    once more, as a sentence."""
    return MappingProxyType(read("starting.json")["starting"])


@cache
def list_defaults() -> Mapping[str, Mapping[str, list[JSON]]]:
    """Object -> parameter of its list -> the values with which, one call for each, the list
    leaves nothing out; without the parameter it does."""
    return MappingProxyType(read("list_defaults.json")["all"])


@cache
def list_filters() -> Mapping[str, Mapping[str, str]]:
    """Object -> field -> the parameter of its list that asks for a value of the field; "" for
    none, and "*" for all fields that aren't named. Without that it is the parameter of the same
    name."""
    return MappingProxyType(read("list_filters.json")["parameters"])


@cache
def minor_units() -> Mapping[str, int]:
    """Currency (lower case) -> how many decimals its amounts have at Stripe.

    This is not always what ISO 4217 says: Stripe counts ISK and UGX in hundredths.
    """
    return MappingProxyType(
        {
            currency: int(decimals)
            for decimals, currencies in read("currencies.json")["decimals"].items()
            for currency in currencies
        }
    )


@cache
def additions() -> Mapping[str, Mapping[str, Any]]:
    """What the SDK doesn't have, by API call id; `Catalogue.additions` are made of it."""
    found = read("additions.json")["additions"]
    return MappingProxyType({f"{each['object']}.{each['action']}": each for each in found})


@cache
def sections() -> tuple[Section, ...]:
    """The sections of Stripe's API reference, in its order; `Catalogue.section` says which
    one an object belongs to."""
    return tuple(Section(each["id"], each["label"]) for each in read("sections.json")["sections"])


@cache
def read(name: str) -> dict[str, Any]:
    """One file of overlays, as it is."""
    data: dict[str, Any] = orjson.loads((_FOLDER / name).read_bytes())
    return data


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
