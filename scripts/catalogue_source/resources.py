"""Resources: the classes of the official SDK that an answer holds."""

import ast
from inspect import cleandoc

from scripts.catalogue_source.annotation import Annotations, Node, fields
from scripts.catalogue_source.package import Package, Place, UnresolvedError

_ENCODED = {"int64_string": "int64", "decimal_string": "decimal"}


class Resources:
    """Finds every resource, and makes Fields of them: other resources stay references."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._annotations = Annotations(package, self.named)
        self.ids: dict[Place, str] = {}
        for module in package.modules():
            for name, node in module.classes.items():
                if _object_name(node):
                    self._add(Place(module.name, (name,)))

    def _add(self, place: Place) -> None:
        name = resource_id(place)
        if name in self.ids.values():
            raise UnresolvedError(f"Two resources are called {name}.")
        self.ids[place] = name

    def named(self, place: Place) -> Node:
        """A reference where `place` is a resource, else the object with its fields inside."""
        if place in self.ids:
            return {"type": "object", "ref": self.ids[place]}
        return {"type": "object", "fields": self._fields(place)}

    def resource(self, place: Place) -> Node:
        """The whole resource, as the data holds it."""
        node = self._package.node(place)
        found = self._fields(place)
        deleted = [field for field in found if _is_deleted_marker(field)]
        for field in deleted:
            field.pop("nullable")  # absent, never null, while the object lives
        return {
            "id": self.ids[place],
            "object_name": _object_name(node),
            "deleted": bool(deleted),
            "description": cleandoc(ast.get_docstring(node) or ""),
            "schema": {"name": self.ids[place], "type": "object", "fields": found},
        }

    def returned(self, name: str, where: Place) -> str:
        """The id of the resource that an operation's return type names."""
        place = self._package.resolve(name, where)
        if place not in self.ids:
            self._add(place)  # what a v2 delete answers is no resource of its own
        return self.ids[place]

    def _fields(self, place: Place) -> list[Node]:
        node = self._package.node(place)
        encodings = _table(node, "_field_encodings")
        renamed = _table(node, "_field_remappings")
        found: list[Node] = []
        for name, annotation, text in fields(node.body):
            if name.isupper() or name.startswith("_"):
                continue
            field = self._annotations.field(renamed.get(name, name), annotation, place, text)
            if encoding := encodings.pop(name, encodings.pop(renamed.get(name, name), None)):
                field |= {"type": "string", "format": _ENCODED[encoding]}
            found.append(field if field.get("nullable") else {**field, "required": True})
        if encodings:
            raise UnresolvedError(f"{place} encodes fields that it lacks: {sorted(encodings)}")
        return found


def resource_id(place: Place) -> str:
    """stripe.billing._meter -> "billing.meter"."""
    return ".".join(part.removeprefix("_") for part in place.module.split(".")[1:])


def _is_deleted_marker(field: Node) -> bool:
    return field["name"] == "deleted" and field.get("choices") == [True]


def _object_name(node: ast.ClassDef) -> str:
    for statement in node.body:
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id == "OBJECT_NAME"
            and isinstance(statement.value, ast.Constant)
        ):
            return str(statement.value.value)
    return ""


def _table(node: ast.ClassDef, name: str) -> dict[str, str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            table: dict[str, str] = ast.literal_eval(statement.value)
            return table
    return {}
