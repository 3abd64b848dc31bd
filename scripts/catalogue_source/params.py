"""Request types: the TypedDicts that the official SDK declares for each call."""

import ast

from scripts.catalogue_source.annotation import Annotations, Node, fields, unquoted, without
from scripts.catalogue_source.package import Package, Place, UnresolvedError

_OUTSIDE = {"RequestOptions", "TypedDict"}
_ENCODED = {"int64_string": "int64", "decimal_string": "decimal"}


class Params:
    """Makes the Field of a request type; every nested type stands inside it."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._annotations = Annotations(package, self._object)
        self._open: list[Place] = []

    def fields(self, place: Place) -> list[Node]:
        """The parameters of the request type at `place`, in the order of the source."""
        if place in self._open:
            raise UnresolvedError(f"{place} contains itself.")
        self._open.append(place)
        node = self._package.node(place)
        found = [field for base in node.bases for field in self._inherited(base, place)]
        for name, annotation, text in fields(node.body):
            found.append(self._param(name, annotation, place, text))
        self._open.pop()
        return found

    def _object(self, place: Place) -> Node:
        return {"type": "object", "fields": self.fields(place)}

    def _inherited(self, base: ast.expr, where: Place) -> list[Node]:
        """Names that are Python keywords ("from", "in") stand in a base in functional form."""
        name = ast.unparse(base)
        if name in _OUTSIDE:
            return []
        call = self._package.assigned(name, where)
        if not isinstance(call, ast.Call) or not isinstance(call.args[1], ast.Dict):
            raise UnresolvedError(f"{where} has the unknown base {name}.")
        declared = call.args[1]
        return [
            self._param(ast.literal_eval(key), unquoted(value), where, "")
            for key, value in zip(declared.keys, declared.values, strict=True)
            if key is not None
        ]

    def _param(self, name: str, annotation: ast.expr, where: Place, text: str) -> Node:
        inner, optional = without("NotRequired", annotation)
        node = self._annotations.field(name, inner, where, text)
        v1 = not where.module.startswith("stripe.params.v2.")
        if name == "metadata" and node["type"] == "map" and v1:
            node["items"]["clears"] = True  # an empty value unsets one key
        if node["type"] == "map" and node["items"].get("nullable"):
            node["items"]["clears"] = True  # API v2 unsets by null
        return node if optional else {**node, "required": True}


def apply_encodings(params: list[Node], encodings: Node, where: str) -> None:
    """Marks the parameters that travel as text: `encodings` is the SDK's own nested table."""
    known = {node["name"]: node for node in params}
    for name, encoding in encodings.items():
        if name not in known:
            raise UnresolvedError(f"{where} encodes {name}, which is no parameter.")
        node = known[name]
        if isinstance(encoding, dict):
            inner = node["items"] if node["type"] == "list" else node
            apply_encodings(inner["fields"], encoding, where)
        else:
            node |= {"type": "string", "format": _ENCODED[encoding]}
