"""Of each record only the fields that are wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import msgspec
from connector_sdk import ANY_OBJECT, JSON, Field, Problem, Record, did_you_mean

from stripe_connector.activities.choices.expansion import children
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation


def projected(records: Sequence[Record], paths: Sequence[str]) -> list[Record]:
    """The records with nothing but what stands at these dotted paths, where they were."""
    names = [path.split(".") for path in paths]
    return [
        record
        if record.problem is not None
        else record._replace(raw=msgspec.json.encode(_part(msgspec.json.decode(record.raw), names)))
        for record in records
    ]


def _part(value: Any, paths: Sequence[Sequence[str]]) -> Any:
    """What of a value stands at the paths; a list gives the same of each of its elements."""
    if isinstance(value, list):
        return [_part(each, paths) for each in value]
    if not isinstance(value, dict) or not all(paths):
        return value
    below: dict[str, list[Sequence[str]]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).append(rest)
    return {name: _part(value[name], rest) for name, rest in below.items() if name in value}


def field_fault(catalogue: Catalogue, operation: Operation, path: str) -> Problem | None:
    """What is wrong with a path, or None."""
    at = [catalogue.response(operation)]
    for name in path.split("."):
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


def projected_schema(schema: Field, paths: Sequence[str]) -> Field:
    """The schema of records that hold nothing but these paths."""
    return _kept(schema, [path.split(".") for path in paths]) if paths else schema


def carrying_schema(schema: Field, settings: Mapping[str, JSON]) -> Field:
    """The schema of records that carry the one that asked for them, where that is wanted."""
    if not settings.get("record_as"):
        return schema
    record = replace(ANY_OBJECT, name=str(settings["record_as"]))
    return replace(schema, fields=(*schema.fields, record))


def _kept(schema: Field, paths: Sequence[Sequence[str]]) -> Field:
    if not all(paths):
        return schema
    if schema.items is not None and schema.type == "list":
        return replace(schema, items=_kept(schema.items, paths))
    kept = [
        _kept(child, [rest for first, *rest in paths if first == child.name])
        for child in schema.fields
        if any(path[0] == child.name for path in paths)
    ]
    return replace(schema, fields=tuple(kept)) if schema.fields else schema


def wanted(settings: Mapping[str, JSON]) -> list[str]:
    """The paths of the setting `fields`, and the id that tells records apart."""
    paths = cast("list[str]", settings.get("fields") or [])
    always = ["id", *([str(settings["record_as"])] if settings.get("record_as") else [])]
    return [*always, *(path for path in paths if path not in always)] if paths else []
