"""The settings of activities: all that there are, and those that one has on its object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from connector_sdk import JSON, Field, Form, declared, form_of, setting

from stripe_connector.activities.choices.expansion import EMBEDDED, own_lists
from stripe_connector.activities.choices.guarding import can_be_guarded, guard_of
from stripe_connector.activities.choices.offers import Offer
from stripe_connector.activities.choices.parameters import EXPANSIONS, parameters, takes
from stripe_connector.activities.choices.verbs import own_id, parents_of, verb_of
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall
from stripe_connector.catalogue.overlay import search_fields

TEMPLATE = "template"
"""The format of a setting in which values are put in the place of `${…}` here."""

SOURCES = ("search", "read")
WRITES = ("create", "update", "delete")


@dataclass(frozen=True, slots=True)
class Use:
    """An activity of a type, with its object and action."""

    type: str
    catalogue: Catalogue
    offer: Offer

    @property
    def api_call(self) -> ApiCall:
        return self.offer.api_call

    def takes(self, *names: str) -> bool:
        """Whether the call has one of these parameters."""
        return any(takes(self.catalogue, self.api_call, name) for name in names)


def _of(
    *types: str, of: Callable[[Field, Use], Field | None] | None = None
) -> Callable[[Field, Any], Field | None]:
    """A setting of activities of these types; a type alone asks for all that it may have."""

    def adapted(field: Field, use: Use | str) -> Field | None:
        if isinstance(use, str):
            return field if use in types else None
        if use.type not in types:
            return None
        return field if of is None else of(field, use)

    return adapted


def _query(field: Field, use: Use) -> Field | None:
    if use.api_call.shape == "search":
        told = (
            "What to find, in Stripe's own search language: up to ten clauses such as "
            "status:'active' or created>1735689600, joined by AND or by OR."
        )
        return replace(field, description=told, required=True)
    return field if use.api_call.shape == "list" else None


def _consistency(field: Field, use: Use) -> Field | None:
    searched = use.api_call.shape == "list" and use.api_call.object in search_fields()
    return field if searched else None


def _ids(field: Field, use: Use) -> Field | None:
    return replace(field, required=True) if own_id(use.api_call) else None


def _record_as(field: Field, use: Use) -> Field | None:
    drivable = use.api_call.shape == "list" if use.type == "search" else own_id(use.api_call)
    return field if drivable else None


def _parents(field: Field, use: Use) -> Field | None:
    names = parents_of(use.api_call)
    source = use.type in SOURCES
    told = "by name." if source else "where they are the same for every record."
    fields = tuple(Field(name, "string", required=source, label=name) for name in names)
    whole = replace(field, type="object", items=None, fields=fields, required=source)
    return replace(whole, description=f"The ids of the objects above, {told}") if names else None


def _parameters(field: Field, use: Use) -> Field | None:
    fields = parameters(use.catalogue, use.api_call)
    label = "Filters" if use.type == "search" else field.label
    required = any(each.required for each in fields)
    whole = replace(field, type="object", items=None, fields=fields)
    return replace(whole, required=required, label=label) if fields else None


def _expand(field: Field, use: Use) -> Field | None:
    if use.api_call.shape == "binary" or not use.takes(*EXPANSIONS):
        return None
    include = use.catalogue.request(use.api_call).child("include")
    if include is None:
        return field
    told = "Fields that the answer leaves out unless they are asked for."
    return replace(include, name=field.name, required=False, label=field.label, description=told)


def _objects(field: Field, use: Use) -> Field | None:
    return None if use.api_call.shape in ("binary", "rows", "none") else field


def _complete(field: Field, use: Use) -> Field | None:
    lists = own_lists(use.catalogue, use.api_call) if _objects(field, use) else ()
    if not lists:
        return field if _objects(field, use) and use.takes("expand") else None
    such = field.description.replace("are wanted.", f"are wanted, such as {lists[0]}.", 1)
    return replace(field, description=such)


def _folder(field: Field, use: Use) -> Field | None:
    return replace(field, required=True) if use.api_call.shape == "binary" else None


def _wait(field: Field, use: Use) -> Field | None:
    made = use.api_call.shape == "rows" and len(use.api_call.calls) > 2
    return field if made else None


def _marker(field: Field, use: Use) -> Field | None:
    return field if verb_of(use.api_call) == "create" and use.takes("metadata") else None


def _irreversible(field: Field, use: Use) -> Field | None:
    guard = guard_of(use.offer)
    told = guard.told() if guard is not None else ""
    if use.type == "delete":
        told = use.offer.way.told() if use.offer.way is not None else ""
    elif not can_be_guarded(use.catalogue, use.offer):
        return None
    return replace(field, description=f"{field.description} {told}".strip())


@declared
class Filled:
    """A text with values for its references."""

    text: str = setting("Text", "The text, with references such as ${var:NAME}.")
    values: Mapping[str, JSON] = setting(
        "Values", "The value of each reference, by its name.", default={}
    )


@declared
class ActivitySettings:
    """Every setting, in the order of the page; each activity has those of its type and object."""

    query: str | Filled | None = setting(
        "Query",
        "What to find: clauses on any field of the object, such as status:'active' or "
        "address.city in (Linz, Wien), joined by AND and OR, with parentheses. Without it, all "
        "objects are listed.",
        default=None,
        format=TEMPLATE,
        adapt=_of("search", of=_query),
    )
    consistency: Literal["indexed", "fresh"] = setting(
        "Consistency",
        "indexed lets Stripe's search help, which lags behind writes by up to a minute, in "
        "incidents by an hour; fresh uses lists only.",
        default="indexed",
        adapt=_of("search", of=_consistency),
    )
    ids: tuple[str, ...] | str | Filled | None = setting(
        "Ids",
        "The id of the object to read, or a list of them; the records come in this order.",
        default=None,
        format=TEMPLATE,
        adapt=_of("read", of=_ids),
    )
    record_as: str = setting(
        "Record as",
        "The name under which each result carries the record that asked for it, where `for_each` "
        "of an operation drives this activity.",
        default="",
        adapt=_of(*SOURCES, of=_record_as),
    )
    parents: Mapping[str, str] = setting(
        "Parents",
        "The ids of the objects above, by name.",
        default={},
        adapt=_of(*SOURCES, *WRITES, of=_parents),
    )
    parameters: Mapping[str, JSON] = setting(
        "Parameters",
        "What else the call takes.",
        default={},
        adapt=_of(*SOURCES, of=_parameters),
    )
    expand: tuple[str, ...] = setting(
        "Expand",
        "Fields that shall hold the whole object instead of its id, as dotted paths at most four "
        "deep.",
        default=(),
        adapt=_of(*SOURCES, *WRITES, of=_expand),
    )
    limit: int | None = setting(
        "Limit",
        "How many records are read at most; all of them without it.",
        default=None,
        lowest=1,
        adapt=_of("search"),
    )
    fields: tuple[str, ...] = setting(
        "Fields",
        "Paths of what is wanted of each record, besides its id; all of it without them.",
        default=(),
        format="path",
        adapt=_of(*SOURCES, of=_objects),
    )
    without: tuple[str, ...] = setting(
        "Without",
        "Paths of what is left out of each record; with `fields`, of what these give.",
        default=(),
        format="path",
        adapt=_of(*SOURCES, of=_objects),
    )
    complete: tuple[str, ...] = setting(
        "Complete",
        "Lists in the record of which all rows are wanted. Stripe puts the first "
        f"{EMBEDDED} into a record; each hundred more costs one more call for each record that "
        "has them.",
        default=(),
        adapt=_of(*SOURCES, of=_complete),
    )
    readable: bool = setting(
        "Readable",
        "Adds a field `readable` to each record: amounts as decimals with their currency, times "
        "in ISO 8601, under the names of the fields that they stand for.",
        default=False,
        adapt=_of(*SOURCES, of=_objects),
    )
    folder: str = setting(
        "Folder",
        "Where the files go, from the project's folder on. A file is named by its id and type, "
        "and never replaces another one.",
        default="",
        adapt=_of("read", of=_folder),
    )
    wait: int = setting(
        "Wait",
        "How many seconds the result is waited for at most.",
        default=3600,
        lowest=1,
        adapt=_of("read", of=_wait),
    )
    marker: bool = setting(
        "Marker",
        "Writes metadata.connector_key into each new object, so that a write whose answer was "
        "lost can be found again.",
        default=True,
        adapt=_of("create", of=_marker),
    )
    concurrency: int = setting(
        "Concurrency",
        "How many calls are in flight at once, from 1 to 100.",
        default=16,
        lowest=1,
        highest=100,
        adapt=_of(*WRITES),
    )
    unlisted_choices: Literal["refuse", "allow"] = setting(
        "Unlisted choices",
        "A value that is not among the choices of its field is refused before it is sent. With "
        "`allow` it goes to Stripe, which may know it by now.",
        default="refuse",
        adapt=_of(*WRITES),
    )
    irreversible: Literal["refuse", "allow"] = setting(
        "Irreversible",
        "What moves money or can't be undone is refused on a live account without `allow`.",
        default="refuse",
        adapt=_of(*WRITES, of=_irreversible),
    )
    missing: Literal["refuse", "ok"] = setting(
        "Missing",
        "What is done with a record whose object is gone already: refused, or with `ok` skipped.",
        default="refuse",
        adapt=_of("delete"),
    )


def activity_form(catalogue: Catalogue, offer: Offer, type: str) -> Form:
    """The settings of an activity of `type` with this offer, in the order of the page."""
    return form_of(ActivitySettings, Use(type, catalogue, offer))
