"""What the shipped data holds: an index, and one member per operation and per resource."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from scripts.catalogue_source.annotation import Node
from scripts.catalogue_source.facts import Hit, Reviewed, Side, apply, walk
from scripts.catalogue_source.identity import Identities
from scripts.catalogue_source.package import Package, Place, UnresolvedError
from scripts.catalogue_source.params import Params, apply_encodings
from scripts.catalogue_source.resources import Resources
from scripts.catalogue_source.rules import RULES
from scripts.catalogue_source.services import Call, calls

Content = dict[str, dict[str, Any]]
"""Name of each member -> its JSON."""

INDEX = "index.json"


def build(package: Package, hits: list[Hit] | None = None) -> Content:
    """Everything that the SDK's source says of the API, and what the rules and the reviewed
    list add to it; `hits` collects which of them said what."""
    params, resources = Params(package), Resources(package)
    content: Content = {}
    operations: dict[str, Node] = {}
    for call in calls(package):
        name = f"{call.object}.{call.action}"
        answers = [resources.returned(answer, call.service) for answer in call.returns]
        operations[name] = _operation(call, answers)
        request = _request(name, call, package, params)
        content[f"operations/{name}.json"] = {"summary": call.summary, "request": request}
    for place, name in resources.ids.items():
        content[f"resources/{name}.json"] = resources.resource(place)
    _check_references(content, set(resources.ids.values()))
    known = list(_known(content, Identities(list(operations.values()))))
    if hits is not None:
        hits += known
    content[INDEX] = {
        "api_version": _api_version(package),
        "sdk": package.version,
        "operations": operations,
        "resources": {name: {} for name in sorted(resources.ids.values())},
    }
    return content


def _known(content: Content, identities: Identities) -> Iterator[Hit]:
    reviewed, rules = Reviewed(), (*identities.rules(), *RULES)
    for name, member in content.items():
        folder, _, file = name.partition("/")
        side: Side = "request" if folder == "operations" else "response"
        root = member["request"] if side == "request" else member["schema"]
        nodes = walk(side, file.removesuffix(".json"), root)
        yield from apply(nodes, rules, reviewed, identities.objects)


def _operation(call: Call, answers: list[str]) -> Node:
    """The call without what is usual: host api, body form (v1) or json (v2), shape object."""
    out: Node = {
        "object": call.object,
        "action": call.action,
        "method": call.method,
        "path": call.path,
    }
    if call.host != "api":
        out["host"] = call.host
    if call.body == "multipart":
        out["body"] = call.body
    if call.shape != "object":
        out["shape"] = call.shape
    if answers:
        out["returns"] = answers
    return out


def _request(id: str, call: Call, package: Package, params: Params) -> Node:
    found: list[Node] = []
    if call.params:
        found = params.fields(package.resolve(call.params, call.service))
        apply_encodings(found, call.encodings, id)
    if call.body == "multipart":
        for node in found:
            if node["type"] == "any":
                node["type"] = "file"
    path = [
        {"name": name, "type": "string", "required": True, "in_path": True}
        for name in re.findall(r"\{(\w+)\}", call.path)
    ]
    names = [node["name"] for node in (*path, *found)]
    if len(set(names)) != len(names):
        raise UnresolvedError(f"{id} has two parameters of one name: {sorted(names)}")
    return {"name": id, "type": "object", "fields": [*path, *found]}


def _api_version(package: Package) -> str:
    for statement in package.node(Place("stripe._api_version", ("_ApiVersion",))).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "CURRENT":
            return str(ast.literal_eval(statement.value))
    raise UnresolvedError("The SDK states no API version.")


def _check_references(content: Content, known: set[str]) -> None:
    for name, member in content.items():
        lost = {ref for ref in _references(member) if ref not in known}
        if lost:
            raise UnresolvedError(f"{name} refers to unknown resources: {sorted(lost)}")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "ref" in node:
            yield node["ref"]
        for part in node.values():
            yield from _references(part)
    elif isinstance(node, list):
        for part in node:
            yield from _references(part)
