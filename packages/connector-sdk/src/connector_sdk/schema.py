"""The tree of fields that describes a request, a response, or a form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from connector_sdk.record import JSON

Type = Literal["string", "integer", "number", "boolean", "object", "list", "map", "file", "any"]


@dataclass(frozen=True, slots=True)
class Field:
    """One node of a schema.

    `fields` are the children of an object, `items` is what each element of a list or each
    value of a map holds, `any_of` lists the alternatives where a value may have several
    shapes (then `type` is "any"). `ref` names a resource whose whole object stands here and
    is resolved on demand, so that schemas stay finite; with `on_request` its id stands here
    unless an activity asks for the whole object. `clears` says that an empty value
    unsets the field at the other system. `format` refines the type ("unix-time", "date-time",
    "date", "decimal", "int64", "currency", "minor-units", "country", "email", "url", "id"); ""
    means that nothing more is known. A setting of the format "template" is a text in which the
    connector itself puts values in the place of `${…}`: it is given as the text, or as
    {"text": …, "values": {"var:NAME": …}}, so that no value can become part of its language.
    `max_length` are the characters of a text, or of each name of a map; `max_items` the elements of
    a list or a map; 0 is no limit. `lowest` and `highest` bound a number. The value of a "file" is
    a path (see LocalFile). `id_of` names the object whose ids stand here ("contacts"). `unlisted`
    says how a value can be given that is not among the `choices`. `deprecated` says why a field
    should not be used any more, "" where it may be. `elsewhere` are names that an object doesn't
    have, but
    has in another version of the system, each with a sentence about it. `variable` is the
    environment variable that gives a connection's setting where no project does. `starting` says,
    in the request of an update, what an update with the value of the create would undo or do once
    more ("An update sets the balance back."), as a sentence; "" where it would not.
    """

    name: str
    type: Type
    required: bool = False
    nullable: bool = False
    clears: bool = False
    choices: tuple[str | int | bool, ...] = ()
    open: bool = False
    format: str = ""
    max_length: int = 0
    max_items: int = 0
    id_of: str = ""
    unlisted: str = ""
    deprecated: str = ""
    elsewhere: tuple[tuple[str, str], ...] = ()
    description: str = ""
    fields: tuple["Field", ...] = ()
    items: "Field | None" = None
    any_of: tuple["Field", ...] = ()
    ref: str = ""
    on_request: bool = False
    in_path: bool = False
    label: str = ""
    default: JSON = None
    secret: bool = False
    variable: str = ""
    starting: str = ""
    lowest: float | None = None
    highest: float | None = None

    def child(self, name: str) -> "Field | None":
        """The child of an object by its name, or None."""
        for child in self.fields:
            if child.name == name:
                return child
        return None

    def walk(self, prefix: str = "") -> Iterator[tuple[str, "Field"]]:
        """Every node below this one with its path, depth first; lists add `[]`, maps `.*`."""
        for child in self.fields:
            path = f"{prefix}.{child.name}" if prefix else child.name
            yield path, child
            yield from child.walk(path)
        if self.items is not None:
            yield from self.items.walk(f"{prefix}[]" if self.type == "list" else f"{prefix}.*")
        for option in self.any_of:
            yield from option.walk(prefix)


@dataclass(frozen=True, slots=True)
class Schemas:
    """What an activity takes and gives.

    For a source `response` is the record that it reads; for a target `request` is what a
    mapping has to make and `response` what comes back. `open` objects (an object without
    `fields` and with `items` of type any) take any name. `minor_units` says how many decimals
    each currency (lower case) has *at this system*; empty where it has no say. `amount_decimals`
    says how many an amount may have for the currencies where that is fewer: some count in
    hundredths what is only paid in whole units. `call` is what
    the activity calls there, for people ("POST /v1/contacts"); "" where nothing is called.
    `query` are the fields that a query of the activity can ask for, by their paths; each
    description says with which operators, and gives an example.
    `update` is the request with which a target updates what it created before, where an
    operation repeats with `update`: an object without fields where that can't be updated, None
    for targets whose repeat is the same call as the first.
    `note` is what a person should know before a run, in whole sentences ("It can't be undone.").
    `columns` are fields that a short table of records shows, the most telling first, besides the
    usual ones: its id, names, an amount, a state and a time.
    """

    request: Field
    response: Field
    minor_units: Mapping[str, int] = field(default_factory=dict)
    call: str = ""
    note: str = ""
    query: tuple[Field, ...] = ()
    amount_decimals: Mapping[str, int] = field(default_factory=dict)
    update: Field | None = None
    columns: tuple[str, ...] = ()


ANY_OBJECT = Field(name="", type="map", items=Field(name="", type="any"))
"""The schema of a system that takes or gives objects of any shape."""


def json_schema(root: Field) -> dict[str, JSON]:
    """`root` as JSON Schema 2020-12. Resources stay references to `#/$defs/<id>`, where they are
    any object: written out, most schemas would hold most of the others."""
    made: dict[str, JSON] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_node(root),
    }
    refs = sorted(set(_refs(root)))
    if refs:
        made["$defs"] = {ref: {"title": ref, "type": "object"} for ref in refs}
    return made


def _refs(node: Field) -> Iterator[str]:
    if node.ref:
        yield node.ref
    for part in (*node.fields, *node.any_of, *((node.items,) if node.items else ())):
        yield from _refs(part)


_PLAIN: dict[str, dict[str, JSON]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
    "any": {},
}


def _node(node: Field) -> dict[str, JSON]:
    out: dict[str, JSON]
    if node.ref:
        out = {"$ref": f"#/$defs/{node.ref}"}
        if node.on_request:
            out = {"anyOf": [{"type": "string"}, out]}
    elif node.any_of:
        out = {"anyOf": [_node(option) for option in node.any_of]}
    elif node.type == "object":
        out = {
            "type": "object",
            "properties": {child.name: _node(child) for child in node.fields},
            "additionalProperties": False,
        }
        required: list[JSON] = [child.name for child in node.fields if child.required]
        if required:
            out["required"] = required
    elif node.type == "list":
        out = {"type": "array", "items": _node(node.items) if node.items else {}}
        if node.max_items:
            out["maxItems"] = node.max_items
    elif node.type == "map":
        out = {
            "type": "object",
            "additionalProperties": _node(node.items) if node.items else True,
        }
        if node.max_items:
            out["maxProperties"] = node.max_items
        if node.max_length:
            out["propertyNames"] = {"maxLength": node.max_length}
    else:
        out = dict(_PLAIN[node.type])
        if node.choices and not node.open:
            out["enum"] = list(node.choices)
        elif node.choices:
            out["examples"] = list(node.choices)
        if node.max_length:
            out["maxLength"] = node.max_length
        if node.lowest is not None:
            out["minimum"] = node.lowest
        if node.highest is not None:
            out["maximum"] = node.highest
    if node.format:
        out["format"] = node.format
    if node.clears:
        out["x-clears-when-empty"] = True
    if node.id_of:
        out["x-id-of"] = node.id_of
    if node.deprecated:
        out["deprecated"] = True
    if node.nullable:
        out = {"anyOf": [out, {"type": "null"}]}
    if node.description:
        out["description"] = node.description
    return out
