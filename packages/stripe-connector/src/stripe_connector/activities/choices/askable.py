"""The fields that a query can ask for."""

from connector_sdk import Field
from connector_sdk.schema import Type

from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation
from stripe_connector.query import fields_of
from stripe_connector.query.clause import FieldKind
from stripe_connector.query.fields import Known

_TYPES: dict[FieldKind, Type] = {"number": "number"}
_OPERATORS: dict[FieldKind, tuple[str, str]] = {
    "id": ("an id, compared as it is", ": = null"),
    "token": ("compared as a whole, ignoring case", ": = null"),
    "string": ("a text, by its words, ignoring case and accents", ": ~ = null"),
    "number": ("compared by size", ": > < >= <= null"),
    "moment": ("a moment or a day, compared by time", ": > < >= <= null"),
}


def askable(catalogue: Catalogue, operation: Operation) -> tuple[Field, ...]:
    """The fields that a query can ask for, each with its operators and an example."""
    known = fields_of(catalogue, operation)
    native = operation.shape == "search"
    found = [
        _field(name, each) for name, each in known.names() if not native or name in known.searchable
    ]
    if catalogue.response(operation).child("metadata") is not None:
        described = 'compared as a whole, ignoring case; : = null; metadata["crm_id"]:"C-1"'
        found.append(Field(name='metadata["…"]', type="string", description=described))
    return tuple(found)


def _field(name: str, known: Known) -> Field:
    said, operators = _OPERATORS[known.kind]
    schema = known.schema or Field(name=name, type="string")
    return Field(
        name=name,
        type=_TYPES.get(known.kind, "boolean" if schema.type == "boolean" else "string"),
        choices=schema.choices,
        open=schema.open,
        format=schema.format,
        description=f"{said}; {operators}; {name}{_example(name, known.kind, schema)}",
    )


def _example(name: str, kind: FieldKind, schema: Field) -> str:
    if kind == "number":
        return ">=1735689600" if schema.format == "unix-time" else ">=100"
    if kind == "moment":
        return '>="2026-01-31T12:00:00Z"'
    if schema.choices:
        first = str(schema.choices[0])
        return f':"{first.lower() if schema.type == "boolean" else first}"'
    if kind == "id":
        return f':"{name.rpartition(".")[2][:3]}_123"'
    if schema.type == "boolean":
        return ':"true"'
    if schema.format == "currency":
        return ':"eur"'
    if name.endswith("email"):
        return '="ada@example.com"'
    return ':"some words"' if kind == "string" else ':"value"'
