"""Of each record only the fields that are wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
from connector_sdk import ANY_OBJECT, Field, Problem, Record, did_you_mean
from connector_sdk.path import Path, PathError, parse_path
from connector_sdk.picking import picked

from stripe_connector.activities.choices.expansion import children
from stripe_connector.activities.choices.settings import ActivitySettings
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation


def projected(records: Sequence[Record], paths: Sequence[Path]) -> list[Record]:
    """The records with nothing but what stands at these paths, where it was."""
    return [
        record
        if record.problem is not None
        else record._replace(
            raw=msgspec.json.encode(picked(msgspec.json.decode(record.raw), paths))
        )
        for record in records
    ]


def field_fault(catalogue: Catalogue, operation: Operation, path: str) -> Problem | None:
    """What is wrong with a path, or None."""
    try:
        names = [name for name in parse_path(path) if isinstance(name, str)]
    except PathError as error:
        return Problem(
            "wrong_path",
            f"{path!r} is no path: {error}.",
            "Write it like address.city.",
            path="fields",
            value=path,
        )
    at = [catalogue.response(operation)]
    for name in names:
        known: Mapping[str, Field] = {
            child.name: child for field in at for child in children(catalogue, field)
        }
        if name not in known:
            open_ = any(field.type in ("map", "any") for field in at)
            if open_ and not known:
                return None
            return Problem(
                "unknown_field",
                f"{path!r} can't be taken from the record: there is no field {name!r}.",
                did_you_mean(name, known) or "Look the field up in the schema of the object.",
                path="fields",
                value=path,
            )
        at = [known[name]]
    return None


def projected_schema(schema: Field, paths: Sequence[Path]) -> Field:
    """The schema of records that hold nothing but these paths."""
    return _kept(schema, paths) if paths else schema


def carrying_schema(schema: Field, record_as: str) -> Field:
    """The schema of records that carry the one that asked for them, where that is wanted."""
    if not record_as:
        return schema
    return replace(schema, fields=(*schema.fields, replace(ANY_OBJECT, name=record_as)))


def _kept(schema: Field, paths: Sequence[Path]) -> Field:
    if not all(paths):
        return schema
    if schema.items is not None and schema.type == "list":
        names = [path for path in paths if isinstance(path[0], str)]
        inner = [path if isinstance(path[0], str) else path[1:] for path in paths]
        items = _kept(schema.items, inner)
        if names:
            return replace(schema, items=items)
        places = dict.fromkeys(str(path[0]) for path in paths)
        return replace(
            schema,
            type="object",
            items=None,
            fields=tuple(replace(items, name=place) for place in places),
        )
    kept = [
        _kept(child, [path[1:] for path in paths if path[0] == child.name])
        for child in schema.fields
        if any(path[0] == child.name for path in paths)
    ]
    return replace(schema, fields=tuple(kept)) if schema.fields else schema


def wanted(settings: ActivitySettings) -> list[Path]:
    """The paths of the setting `fields`, and the id that tells records apart."""
    always: list[Path] = [(name,) for name in ("id", settings.record_as) if name]
    paths = [parse_path(path) for path in settings.fields]
    return [*always, *(path for path in paths if path not in always)] if paths else []
