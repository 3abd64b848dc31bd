"""What an API call takes: from the settings of its activity, and from a mapping."""

from dataclasses import replace
from functools import lru_cache

from connector_sdk import Field

from stripe_connector.activities.choices.offers import Offer
from stripe_connector.activities.choices.verbs import OWN_ID, own_id
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.amounts import owners
from stripe_connector.catalogue.model import ApiCall

CURRENCY = "currency"


def with_currency(api_call: ApiCall, request: Field) -> Field:
    """The request with a field for the currency in which its amounts are meant, where an object
    that exists has the say."""
    found = owners(api_call.id)
    if not found:
        return request
    names = " or ".join(f"`{owner.by}`" for owner in found)
    told = (
        "The currency in which the amounts are meant; not sent, but checked: what "
        f"{names} names is read first, and where that is in another currency the record is refused."
    )
    given = request.child(CURRENCY)
    if given is None:
        field = Field(CURRENCY, "string", format="currency", description=told)
        return replace(request, fields=(*request.fields, field))
    both = f"{told} Without such an object: {given.description}"
    fields = tuple(
        replace(field, description=both) if field is given else field for field in request.fields
    )
    return replace(request, fields=fields)


PAGING = frozenset({"limit", "page", "starting_after", "ending_before"})
"""Parameters that the source itself sets while it turns the pages."""

STREAM = "v2.billing.meter_event_stream.create"
"""Takes many events in one call; an activity gives it one for each record."""

EXPANSIONS = ("expand", "include")
"""How Stripe calls the parameter behind the setting `expand`: in API v1, and in API v2. It
changes nothing, but says how to answer."""

UNLISTED = "unlisted_choices"
"""The setting that lets values pass which the catalogue doesn't list."""

_UNLISTED_HINT = f"If Stripe knows the value by now, `{UNLISTED}: allow` lets it pass."


def parameters(catalogue: Catalogue, api_call: ApiCall) -> tuple[Field, ...]:
    """What a person may set for this API call besides ids, paging and expand."""
    taken = {*PAGING, "query"} if api_call.shape in ("list", "search") else set()
    taken |= {*EXPANSIONS}
    fields = catalogue.request(api_call).fields
    return tuple(field for field in fields if not field.in_path and field.name not in taken)


def takes(catalogue: Catalogue, api_call: ApiCall, name: str) -> bool:
    """Whether the API call has this parameter."""
    return catalogue.request(api_call).child(name) is not None


def request_schema(
    catalogue: Catalogue, offer: Offer, constants: frozenset[str], *, unlisted: bool = False
) -> Field:
    """What a mapping has to make for a target: path parameters and parameters, those that
    the activity sets for every record no longer required. The object's own id is called "id",
    whatever the path calls it ("customer", "subscription_exposed_id"). A delete that is an
    update underneath takes nothing but ids. Choices are closed unless values that are not listed
    are allowed (`unlisted`)."""
    request = offered(catalogue, offer, unlisted=unlisted)
    own = own_id(offer.api_call)
    fields = []
    for field in request.fields:
        if field.name in EXPANSIONS and not field.in_path:
            continue
        named = replace(field, name=OWN_ID) if field.in_path and field.name == own else field
        fields.append(replace(named, required=False) if field.name in constants else named)
    return replace(request, fields=tuple(fields))


def _clearable(field: Field) -> Field:
    """The same with null wherever something may be left out: it clears the field in API v2, and
    takes a name out of metadata (https://docs.stripe.com/api-v2-overview)."""
    items = _clearable(field.items) if field.items is not None else None
    if items is not None and field.name == "metadata":
        items = replace(items, nullable=True)
    return replace(
        field,
        fields=tuple(
            _clearable(child) if child.required else replace(_clearable(child), nullable=True)
            for child in field.fields
        ),
        items=items,
        any_of=tuple(_clearable(option) for option in field.any_of),
    )


def _one_event(request: Field) -> Field:
    """One event of the many that a call of the stream takes."""
    events = request.child("events")
    assert events is not None
    assert events.items is not None
    return replace(events.items, name=request.name)


def _closed(field: Field) -> Field:
    """The same without open choices. Stripe refuses what it doesn't know for an API version; the
    SDK leaves choices open only for what Stripe may add later."""
    return replace(
        field,
        open=False,
        unlisted=_UNLISTED_HINT if field.open and field.choices else "",
        fields=tuple(_closed(child) for child in field.fields),
        items=_closed(field.items) if field.items is not None else None,
        any_of=tuple(_closed(option) for option in field.any_of),
    )


@lru_cache(128)
def _taken(catalogue: Catalogue, api_call: ApiCall, unlisted: bool) -> Field:
    """The request as an activity makes it; the largest of API v2 costs 11 ms."""
    request = catalogue.request(api_call)
    if api_call.id == STREAM:
        request = _one_event(request)
    request = with_currency(api_call, request)
    if not unlisted:
        request = _closed(request)
    return _clearable(request) if api_call.body == "json" else request


def offered(catalogue: Catalogue, offer: Offer, *, unlisted: bool = False) -> Field:
    """What the API call takes, without what the offer sets itself; choices as in
    `request_schema`."""
    request = _taken(catalogue, offer.api_call, unlisted)
    if offer.way is None:
        return request
    only_ids = offer.api_call.action == "update"
    fixed = offer.constants
    fields = (
        field for field in request.fields if field.in_path or not (only_ids or field.name in fixed)
    )
    return replace(request, fields=tuple(fields))
