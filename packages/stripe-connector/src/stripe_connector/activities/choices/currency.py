"""The currency of amounts for an object that exists: a field that is checked and not sent."""

from dataclasses import replace

from connector_sdk import Field

from stripe_connector.catalogue.amounts import owners
from stripe_connector.catalogue.model import Operation

CURRENCY = "currency"


def with_currency(operation: Operation, request: Field) -> Field:
    """The request with a field for the currency in which its amounts are meant, where an object
    that exists has the say."""
    found = owners(operation.id)
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
