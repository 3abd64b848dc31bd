"""The fields by which the objects of one kind can be asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from connector_sdk import Field, did_you_mean

from stripe_connector.catalogue import ApiCall, Catalogue
from stripe_connector.catalogue.overlay import search_fields, search_places
from stripe_connector.query.clause import Clause, FieldKind, QueryError

_KINDS: dict[str, FieldKind] = {"token": "token", "string": "string", "number": "number"}


class Known(NamedTuple):
    """A field: how it is compared, where the object keeps it (names from the outside in; a
    list on the way stands for each of its elements), and its schema. `whole` says that it is
    an object without an id, which can only be there or not. `needs` is the path that has to
    be expanded first, "" where none has to."""

    kind: FieldKind
    place: tuple[str, ...]
    schema: Field | None = None
    whole: bool = False
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """What can be asked of one object of the API, by the catalogue and by Stripe's search.

    `row` is the schema of the object; `searchable` names the fields of Stripe's search and
    their kinds, nothing where it has none.
    """

    object: str
    catalogue: Catalogue
    row: Field
    searchable: Mapping[str, FieldKind] = field(default_factory=dict)

    def find(self, clause: Clause, expanded: frozenset[str] = frozenset()) -> Known | None:
        """The field of a clause; None where there is none of that name. Raises QueryError for
        one whose values can't be seen in the object."""
        place = search_places().get(self.object, {}).get(clause.field, clause.field).split(".")
        at = _deref(self.catalogue, self.row)
        needs = ""
        schema: Field | None = None
        for depth, name in enumerate(place):
            below = {child.name: child for node in at for child in node.fields}
            if not below and depth and any(node.type in ("any", "map") for node in at):
                return Known(self._kind(clause, None), tuple(place), needs=needs)
            if {"data", "has_more"} <= below.keys():
                raise _cut_off(clause, ".".join(place[:depth]))
            schema = below.get(name)
            if schema is None:
                return None
            path = ".".join(place[: depth + 1])
            inner = schema.items if schema.type == "list" and schema.items else schema
            if inner.on_request and depth + 1 < len(place) and path not in expanded:
                needs = needs or path
            at = _deref(self.catalogue, inner)
        if clause.key and not any(node.type == "map" for node in at):
            raise QueryError(
                f"{clause.field!r} takes no key in brackets",
                clause.span,
                f'Write {clause.field}:"…", or metadata["{clause.key}"].',
            )
        kind = "token" if clause.key else self._kind(clause, schema)
        whole = not clause.key and all(
            node.type in ("object", "map") and node.child("id") is None for node in at
        )
        return Known(kind, tuple(place), schema, whole, needs)

    def names(self, deepest: int = 3) -> Iterator[tuple[str, Known]]:
        """Every field with plain values, those of Stripe's search first."""
        for name in self.searchable:
            known = self.find(Clause(name, "", ":", None))
            if known is not None:
                yield name, known
        yield from self._below("", self.row, deepest)

    def unknown(self, clause: Clause) -> str:
        """ "Did you mean …?" for a field that isn't known, or ""."""
        return did_you_mean(clause.field, [name for name, _ in self.names()])

    def _below(self, prefix: str, node: Field, deepest: int) -> Iterator[tuple[str, Known]]:
        for child in node.fields:
            path = f"{prefix}{child.name}"
            inner = child.items if child.type == "list" and child.items else child
            if inner.on_request or inner.type not in ("object", "map", "any", "list"):
                if path not in self.searchable and path != "object":
                    yield path, Known(kind_of(inner), tuple(path.split(".")), inner)
            elif inner.fields and deepest > 1 and inner.child("has_more") is None:
                yield from self._below(f"{path}.", inner, deepest - 1)

    def _kind(self, clause: Clause, schema: Field | None) -> FieldKind:
        if schema is None:
            return "token"
        own = kind_of(schema)
        stated = self.searchable.get(clause.field)
        return own if stated is None or own == "id" or schema.choices else stated


_TEXTS = ("", "country", "email", "url")
"""Formats that say what a text is about, and leave it text that a part can be looked for in."""


def fields_of(catalogue: Catalogue, api_call: ApiCall) -> Fields:
    """The fields of the rows that a list or a search gives."""
    known = search_fields().get(api_call.object, {})
    searchable = {name: _KINDS[kind] for name, kind in known.items()}
    return Fields(api_call.object, catalogue, catalogue.response(api_call), searchable)


def kind_of(schema: Field) -> FieldKind:
    """How the values of a field are compared."""
    if schema.type == "list" and schema.items is not None:
        return kind_of(schema.items)
    if schema.type in ("integer", "number") or schema.format in ("decimal", "int64"):
        return "number"
    if schema.format in ("date-time", "date"):
        return "moment"
    if schema.on_request or schema.ref or schema.name == "id" or schema.id_of:
        return "id"
    if schema.type == "string" and not schema.choices and schema.format in _TEXTS:
        return "string"
    return "token"


def _deref(catalogue: Catalogue, node: Field) -> list[Field]:
    """The shapes that a value may have, the object behind a reference in its place."""
    if node.ref:
        return [catalogue.resource(node.ref).schema]
    if node.any_of:
        return [found for option in node.any_of for found in _deref(catalogue, option)]
    return [node]


def _cut_off(clause: Clause, path: str) -> QueryError:
    return QueryError(
        f"{clause.field!r} can't be asked for: {path} holds only its first rows",
        clause.span,
        "Search the objects that it lists instead.",
        code="unseen_field",
    )
