"""The settings that say what a Search is to find, and what can be asked for there."""

from collections.abc import Sequence

from connector_sdk import Field
from connector_sdk.schema import Type

from stripe_connector.catalogue import Catalogue
from stripe_connector.catalogue.model import Operation
from stripe_connector.catalogue.overlay import search_fields
from stripe_connector.query import fields_of
from stripe_connector.query.clause import FieldKind
from stripe_connector.query.fields import Known

TEMPLATE = "template"
"""The format of a setting in which values are put in the place of `${…}` here."""

_TEXT = Field(name="", type="string")
_FILLED = Field(
    name="",
    type="object",
    fields=(
        Field(name="text", type="string", required=True),
        Field(name="values", type="map", items=Field(name="", type="any")),
    ),
)

_TYPES: dict[FieldKind, Type] = {"number": "number"}
_OPERATORS: dict[FieldKind, tuple[str, str]] = {
    "id": ("an id, compared as it is", ": = null"),
    "token": ("compared as a whole, ignoring case", ": = null"),
    "string": ("a text, by its words, ignoring case and accents", ": ~ = null"),
    "number": ("compared by size", ": > < >= <= null"),
    "moment": ("a moment or a day, compared by time", ": > < >= <= null"),
}


def template(
    name: str, label: str, description: str, *, also: Sequence[Field] = (), required: bool = False
) -> Field:
    """A setting of the format "template"; it may also have the shapes of `also`."""
    return Field(
        name=name,
        type="any",
        any_of=(*also, _TEXT, _FILLED),
        required=required,
        format=TEMPLATE,
        label=label,
        description=description,
    )


RECORD_AS = Field(
    name="record_as",
    type="string",
    label="Record as",
    description="The name under which each result carries the record that asked for it, where "
    "`for_each` of an operation drives this activity.",
)


def asking(operation: Operation) -> list[Field]:
    """The settings `query` and `consistency` of a list or a search."""
    if operation.shape == "search":
        described = (
            "What to find, in Stripe's own search language: up to ten clauses such as "
            "status:'active' or created>1735689600, joined by AND or by OR."
        )
        return [template("query", "Query", described, required=True)]
    query = template(
        "query",
        "Query",
        "What to find: clauses on any field of the object, such as status:'active' or "
        "address.city in (Linz, Wien), joined by AND and OR, with parentheses. Without it, all "
        "objects are listed.",
    )
    if operation.object not in search_fields():
        return [query, RECORD_AS]
    consistency = Field(
        name="consistency",
        type="string",
        choices=("indexed", "fresh"),
        default="indexed",
        label="Consistency",
        description="indexed lets Stripe's search help, which lags behind writes by up to a "
        "minute, in incidents by an hour; fresh uses lists only.",
    )
    return [query, consistency, RECORD_AS]


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
