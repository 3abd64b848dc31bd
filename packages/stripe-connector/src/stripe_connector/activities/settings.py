"""The settings of an activity, made from what its operation takes."""

from dataclasses import replace

from connector_sdk import Field, Form

from stripe_connector.activities.embedded import EMBEDDED, own_lists
from stripe_connector.activities.verbs import OWN_ID, own_id, parents_of
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation

PAGING = frozenset({"limit", "page", "starting_after", "ending_before"})
"""Parameters that the source itself sets while it turns the pages."""

CONCURRENCY = 16
"""Calls of a target in flight at once, unless the activity says otherwise."""

_NAME = Field(name="", type="string")


def parameters(catalogue: Catalogue, operation: Operation) -> tuple[Field, ...]:
    """What a person may set for this operation besides ids, paging and expand."""
    taken = {*PAGING, "expand", "query"} if operation.shape in ("list", "search") else {"expand"}
    fields = catalogue.request(operation).fields
    return tuple(field for field in fields if not field.in_path and field.name not in taken)


def takes(catalogue: Catalogue, operation: Operation, name: str) -> bool:
    """Whether the operation has this parameter."""
    return catalogue.request(operation).child(name) is not None


def activity_form(catalogue: Catalogue, operation: Operation, type: str) -> Form:
    """The settings of an activity of `type` on this operation, in the order of the page."""
    fields: list[Field] = []
    source = type in ("search", "read")
    if operation.shape == "search":
        fields.append(
            Field(
                name="query",
                type="string",
                required=True,
                max_length=5000,
                label="Query",
                description="What to find, in Stripe's search language: status:'active' "
                "AND created>1735689600.",
            )
        )
    if type == "read" and own_id(operation):
        fields.append(
            Field(
                name="ids",
                type="any",
                any_of=(Field(name="", type="list", items=_NAME), _NAME),
                required=True,
                label="Ids",
                description="The id of the object to read, or a list of them; the records "
                "come in this order.",
            )
        )
    parents = parents_of(operation)
    if parents:
        fields.append(
            Field(
                name="parents",
                type="object",
                required=source,
                label="Parents",
                description="The ids of the objects above, "
                + ("by name." if source else "where they are the same for every record."),
                fields=tuple(
                    Field(name=name, type="string", required=source, label=name) for name in parents
                ),
            )
        )
    if source:
        wanted = parameters(catalogue, operation)
        if wanted:
            fields.append(
                Field(
                    name="parameters",
                    type="object",
                    required=any(field.required for field in wanted),
                    label="Filters" if type == "search" else "Parameters",
                    description="What else the call takes.",
                    fields=wanted,
                )
            )
    if takes(catalogue, operation, "expand"):
        fields.append(
            Field(
                name="expand",
                type="list",
                items=_NAME,
                label="Expand",
                description="Fields that shall hold the whole object instead of its id, as "
                "dotted paths at most four deep.",
            )
        )
    if type == "search":
        fields.append(
            Field(
                name="limit",
                type="integer",
                label="Limit",
                description="How many records are read at most; all of them without it.",
            )
        )
    fields.extend(_reading(catalogue, operation) if source else _writing(catalogue, operation))
    return Form(tuple(fields))


def _reading(catalogue: Catalogue, operation: Operation) -> list[Field]:
    lists = own_lists(catalogue, operation)
    if not lists and not takes(catalogue, operation, "expand"):
        return []
    such = f", such as {lists[0]}" if lists else ""
    return [
        Field(
            name="complete",
            type="list",
            items=_NAME,
            label="Complete",
            description=f"Lists in the record of which all rows are wanted{such}. Stripe puts "
            f"the first {EMBEDDED} into a record; each hundred more costs one more call for each "
            "record that has them.",
        )
    ]


def _writing(catalogue: Catalogue, operation: Operation) -> list[Field]:
    fields = [
        Field(
            name="concurrency",
            type="integer",
            default=CONCURRENCY,
            label="Concurrency",
            description="How many calls are in flight at once, from 1 to 100.",
        )
    ]
    if operation.action == "create" and takes(catalogue, operation, "metadata"):
        fields.insert(
            0,
            Field(
                name="marker",
                type="boolean",
                default=True,
                label="Marker",
                description="Writes metadata.connector_key into each new object, so that a "
                "write whose answer was lost can be found again.",
            ),
        )
    return fields


def request_schema(catalogue: Catalogue, operation: Operation, constants: frozenset[str]) -> Field:
    """What a mapping has to make for a target: path parameters and parameters, those that
    the activity sets for every record no longer required. The object's own id is called "id",
    whatever the path calls it ("customer", "subscription_exposed_id")."""
    request = catalogue.request(operation)
    own = own_id(operation)
    fields = []
    for field in request.fields:
        if field.name == "expand":
            continue
        named = replace(field, name=OWN_ID) if field.in_path and field.name == own else field
        fields.append(replace(named, required=False) if field.name in constants else named)
    return replace(request, fields=tuple(fields))
