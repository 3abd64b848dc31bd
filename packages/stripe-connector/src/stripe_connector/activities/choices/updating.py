"""What an update takes of an object that a create made."""

from dataclasses import replace

from connector_sdk import Field

from stripe_connector.activities.choices.guarding import updating
from stripe_connector.activities.choices.parameters import request_schema
from stripe_connector.activities.choices.verbs import OWN_ID, own_id, parents_of
from stripe_connector.catalogue import Catalogue, overlay
from stripe_connector.catalogue.model import Operation


def update_of(catalogue: Catalogue, create: Operation) -> Operation | None:
    """The operation that updates what this one makes; None where there is none."""
    update = catalogue.operations.get(f"{create.object}.update")
    if update is None or create.action != "create" or not own_id(update):
        return None
    return update


def parents_between(create: Operation, update: Operation) -> tuple[tuple[str, str], ...]:
    """What the create and the update call the objects above. They are paired by position:
    refunds of application fees call the same parent by two names."""
    return tuple(zip(parents_of(create), parents_of(update), strict=True))


def update_schema(
    catalogue: Catalogue, create: Operation, constants: frozenset[str], *, unlisted: bool
) -> Field:
    """The request of the update without the id of the object, parents called as the create does.
    An object without fields: it can't be updated. Starting values say what comes of them."""
    update = update_of(catalogue, create)
    if update is None:
        return Field(name=f"{create.object}.update", type="object")
    request = request_schema(catalogue, updating(update), frozenset(), unlisted=unlisted)
    names = {theirs: ours for ours, theirs in parents_between(create, update)}
    starting = overlay.starting().get(create.object, {})
    fields = []
    for field in request.fields:
        if field.in_path and field.name == OWN_ID:
            continue
        name = names.get(field.name, field.name) if field.in_path else field.name
        fields.append(
            replace(
                field,
                name=name,
                required=field.required and name not in constants,
                starting=starting.get(name, ""),
            )
        )
    return replace(request, fields=tuple(fields))
