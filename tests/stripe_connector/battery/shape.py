"""Whether an answer is what the catalogue says that Stripe answers."""

from typing import Any

from connector_sdk import Field
from stripe_connector.catalogue import ApiCall

from tests.stripe_connector.battery.maker import CATALOGUE

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "file": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "map": (dict,),
    "list": (list,),
}


def faults(api_call: ApiCall, body: dict[str, Any]) -> list[str]:
    """What of an answer with status 200 isn't as the response schema has it."""
    if api_call.shape in ("list", "search"):
        found = [] if "data" in body else ["data is missing"]
        if api_call.v2:
            found += [n for n in ("next_page_url", "previous_page_url") if n not in body]
        elif {"object", "url", "has_more"} - body.keys():
            found.append("object, url or has_more is missing")
        for row in body.get("data", ()):
            found += row_faults(api_call, row)
        return found
    return row_faults(api_call, body)


def row_faults(api_call: ApiCall, row: dict[str, Any]) -> list[str]:
    """The same for one object."""
    if row.get("deleted") is True and row.keys() == {"id", "object", "deleted"}:
        return []
    resources = [api_call.returns] if api_call.returns else list(api_call.returns_any)
    by_name = {CATALOGUE.resource(name).object_name: name for name in resources}
    resource = by_name.get(row.get("object", ""), resources[0])
    return resource_faults(resource, row, resource)


def resource_faults(resource: str, row: dict[str, Any], path: str) -> list[str]:
    meta = CATALOGUE.resource(resource)
    found = _object(meta.schema, row, path)
    if meta.object_name and row.get("object") != meta.object_name:
        found.append(f"{path}.object is {row.get('object')!r}, not {meta.object_name!r}")
    if meta.schema.child("id") and not row.get("id"):
        found.append(f"{path}.id is missing")
    return found


def _object(schema: Field, value: dict[str, Any], path: str) -> list[str]:
    known = {child.name: child for child in schema.fields}
    found = [f"{path}.{name} is made up" for name in value if name not in known]
    for name, child in known.items():
        where = f"{path}.{name}"
        if name not in value:
            if child.required:
                found.append(f"{where} is missing")
        elif value[name] is None:
            if child.required and not child.nullable:
                found.append(f"{where} is null")
        else:
            found += _value(child, value[name], where)
    return found


def _value(field: Field, value: Any, path: str) -> list[str]:
    if field.any_of:
        tried = [_value(option, value, path) for option in field.any_of]
        return [] if [] in tried else tried[0]
    if field.ref:
        if field.on_request and isinstance(value, str):
            return []
        if not isinstance(value, dict):
            return [f"{path} is {value!r}, not an object"]
        return [] if value.get("deleted") is True else resource_faults(field.ref, value, path)
    if field.type == "any":
        return []
    if not isinstance(value, _KINDS[field.type]) or (
        isinstance(value, bool) and field.type in ("integer", "number")
    ):
        return [f"{path} is {value!r}, not {field.type}"]
    if field.choices and value not in field.choices and not field.open:
        return [f"{path} is {value!r}, which is no choice"]
    match value:
        case dict() if field.type == "object" and field.fields:
            return _object(field, value, path)
        case dict() if field.items:
            return [
                f for k, part in value.items() for f in _value(field.items, part, f"{path}.{k}")
            ]
        case list() if field.items:
            return [f for i, p in enumerate(value) for f in _value(field.items, p, f"{path}[{i}]")]
    return []
