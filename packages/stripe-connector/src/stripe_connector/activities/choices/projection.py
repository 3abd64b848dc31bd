"""Of each record only the fields that are wanted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from connector_sdk import ANY_OBJECT, Field, Problem, Record, did_you_mean
from connector_sdk.path import Path, PathError, left_out, parse_path, picked

from stripe_connector.activities.choices.expansion import children
from stripe_connector.activities.choices.settings import ActivitySettings
from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import ApiCall

READABLE = "readable"
"""The field that the setting of this name adds. No object of Stripe's has one of that name."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What of each record is given out."""

    only: tuple[Path, ...]
    without: tuple[Path, ...]

    @classmethod
    def of(cls, settings: ActivitySettings) -> "Projection":
        """With `fields` only these, besides the id that tells records apart; of that all but
        `without`."""
        kept = [name for name in ("id", settings.record_as) if name]
        paths = dict.fromkeys([*((name,) for name in kept), *map(parse_path, settings.fields)])
        return cls(
            _with_readable(paths, settings) if settings.fields else (),
            _with_readable([parse_path(path) for path in settings.without], settings),
        )

    @property
    def whole(self) -> bool:
        """Whether records stay as they are."""
        return not self.only and not self.without

    def record(self, record: Record) -> Record:
        """The record with nothing else; one with a problem as it is."""
        if record.problem is not None:
            return record
        value = msgspec.json.decode(record.raw)
        if self.only:
            value = picked(value, self.only)
        if self.without:
            value = left_out(value, self.without)
        return record._replace(raw=msgspec.json.encode(value))

    def schema(self, schema: Field) -> Field:
        """What such records hold, of those with this schema."""
        return _cut(_kept(schema, self.only) if self.only else schema, self.without)


def field_fault(catalogue: Catalogue, api_call: ApiCall, setting: str, path: str) -> Problem | None:
    """What is wrong with a path in a setting of the format "path", or None."""
    try:
        names = [name for name in parse_path(path) if isinstance(name, str)]
    except PathError as error:
        return Problem(
            "wrong_path",
            f"{path!r} is no path: {error}.",
            "Write it like address.city.",
            path=setting,
            value=path,
        )
    at = [catalogue.response(api_call)]
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
                path=setting,
                value=path,
            )
        at = [known[name]]
    return None


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


def _cut(schema: Field, paths: Sequence[Path]) -> Field:
    """The schema without what stands at the paths; places of a list stay in it."""
    if not paths:
        return schema
    if schema.items is not None and schema.type == "list":
        inner = [path for path in paths if isinstance(path[0], str)]
        return replace(schema, items=_cut(schema.items, inner))
    fields = (
        _cut(child, [path[1:] for path in paths if path[0] == child.name])
        for child in schema.fields
        if (child.name,) not in paths
    )
    return replace(schema, fields=tuple(fields))


def _with_readable(paths: Iterable[Path], settings: ActivitySettings) -> tuple[Path, ...]:
    """The paths, and what is readable of them."""
    told = [(READABLE, *path) for path in paths] if settings.readable else []
    return (*paths, *told)
