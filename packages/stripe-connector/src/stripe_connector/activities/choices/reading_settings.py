"""The settings of Search and Read that say what a record is to hold, or where a file goes."""

from connector_sdk import Field

from stripe_connector.activities.choices.embedded import EMBEDDED, own_lists
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation

WAIT = 3600
"""Seconds for which the result of a report is waited for, unless the activity says otherwise."""


def reading_fields(catalogue: Catalogue, operation: Operation) -> list[Field]:
    """In the order of the page."""
    match operation.shape:
        case "binary":
            return [_FOLDER]
        case "rows":
            return [_WAIT] if len(operation.calls) > 2 else []
        case "none":
            return []
    return [_FIELDS, *_complete(catalogue, operation), _READABLE]


def _complete(catalogue: Catalogue, operation: Operation) -> list[Field]:
    lists = own_lists(catalogue, operation)
    if not lists and catalogue.request(operation).child("expand") is None:
        return []
    such = f", such as {lists[0]}" if lists else ""
    return [
        Field(
            name="complete",
            type="list",
            items=Field(name="", type="string"),
            label="Complete",
            description=f"Lists in the record of which all rows are wanted{such}. Stripe puts "
            f"the first {EMBEDDED} into a record; each hundred more costs one more call for each "
            "record that has them.",
        )
    ]


_FIELDS = Field(
    name="fields",
    type="list",
    items=Field(name="", type="string"),
    label="Fields",
    description="Dotted paths of what is wanted of each record, besides its id; all of it "
    "without them.",
)

_READABLE = Field(
    name="readable",
    type="boolean",
    default=False,
    label="Readable",
    description="Adds a field `readable` to each record: amounts as decimals with their "
    "currency, times in ISO 8601, under the names of the fields that they stand for.",
)

_FOLDER = Field(
    name="folder",
    type="string",
    required=True,
    label="Folder",
    description="Where the files go, from the project's folder on. A file is named by its id "
    "and type, and never replaces another one.",
)

_WAIT = Field(
    name="wait",
    type="integer",
    default=WAIT,
    label="Wait",
    description="How many seconds the result is waited for at most.",
)
