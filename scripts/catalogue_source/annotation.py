"""Turns type annotations into the parts of a Field, written as JSON with defaults left out."""

import ast
from collections.abc import Callable, Iterator
from inspect import cleandoc
from typing import Any

from scripts.catalogue_source.package import Package, Place, UnresolvedError

Node = dict[str, Any]
"""A Field as the data holds it: only what differs from the defaults of the class."""

_PLAIN: dict[str, Node] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "Any": {"type": "any"},
    "object": {"type": "any"},
    "Decimal": {"type": "string", "format": "decimal"},
    "StripeObject": {"type": "map", "items": {"name": "", "type": "any"}},
}
_LITERAL: dict[type, str] = {str: "string", int: "integer", bool: "boolean"}


class Annotations:
    """Reads annotations; `named` makes the Field of a class that an annotation names."""

    def __init__(self, package: Package, named: Callable[[Place], Node]) -> None:
        self._package = package
        self._named = named

    def field(self, name: str, annotation: ast.expr, where: Place, text: str = "") -> Node:
        """The Field `name` of the class `where`."""
        parts = list(_alternatives(annotation))
        out: Node = {"name": name}
        choices: list[str | int | bool] = []
        shapes: list[ast.expr] = []
        for part in parts:
            if _is_none(part):
                out["nullable"] = True
            elif (values := _literal(part)) is None:
                shapes.append(part)
            elif values == [""] and len(parts) > 1:
                out["clears"] = True
            else:
                choices += values
        out |= self._shape(choices, shapes, where)
        if text:
            out["description"] = text
        return out

    def _shape(self, choices: list[str | int | bool], shapes: list[ast.expr], where: Place) -> Node:
        options: list[Node] = []
        texts = any(isinstance(shape, ast.Name) and shape.id == "str" for shape in shapes)
        if choices:
            kinds = {_LITERAL[type(choice)] for choice in choices}
            if len(kinds) != 1:
                raise UnresolvedError(f"{where} mixes literals of several types: {choices}")
            option: Node = {"type": kinds.pop(), "choices": choices}
            options.append({**option, "open": True} if texts else option)
        maps = any(_generic(shape)[0] == "Dict" for shape in shapes)
        for shape in shapes:
            head, inner = _generic(shape)
            if choices and isinstance(shape, ast.Name) and shape.id == "str":
                continue
            if maps and head == "UntypedStripeObject":
                continue  # says again what Dict says, for callers that pass an object
            options.append(self._one(shape, head, inner, where))
        if not options:
            raise UnresolvedError(f"{where} has an annotation without a type.")
        if len(options) == 1:
            return options[0]
        return {"type": "any", "any_of": [{"name": "", **option} for option in options]}

    def _one(self, node: ast.expr, head: str, inner: list[ast.expr], where: Place) -> Node:
        if head in ("List", "Sequence"):
            return {"type": "list", "items": self.field("", inner[0], where)}
        if head in ("Dict", "UntypedStripeObject"):
            return {"type": "map", "items": self.field("", inner[-1], where)}
        if head == "ListObject":
            return {"type": "object", "fields": self._list_object(inner[0], where)}
        if head == "ExpandableField":
            return self._expandable(inner[0], where)
        if head:
            raise UnresolvedError(f"{where} uses {head}[...], which this reader does not know.")
        name = ast.unparse(node)
        return (
            dict(_PLAIN[name])
            if name in _PLAIN
            else self._named(self._package.resolve(name, where))
        )

    def _expandable(self, inner: ast.expr, where: Place) -> Node:
        """An id that `expand` turns into the object: text until then."""
        target = self.field("", inner, where)
        if "ref" in target:
            return {"type": "string", "ref": target["ref"], "expandable": True}
        options = target.get("any_of", [target])
        return {
            "type": "any",
            "any_of": [{"name": "", "type": "string"}, *options],
            "expandable": True,
        }

    def _list_object(self, inner: ast.expr, where: Place) -> list[Node]:
        """The list that API v1 embeds in an object."""
        return [
            {"name": "object", "type": "string", "required": True, "choices": ["list"]},
            {
                "name": "data",
                "type": "list",
                "required": True,
                "items": self.field("", inner, where),
            },
            {"name": "has_more", "type": "boolean", "required": True},
            {"name": "url", "type": "string", "required": True},
        ]


def fields(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr, str]]:
    """Name, annotation and text of every field that a class body declares."""
    for index, statement in enumerate(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            after = body[index + 1] if index + 1 < len(body) else None
            yield statement.target.id, unquoted(statement.annotation), _text(after)


def unquoted(node: ast.expr) -> ast.expr:
    """The expression inside a quoted annotation."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value.strip(), mode="eval").body
    return node


def without(head: str, node: ast.expr) -> tuple[ast.expr, bool]:
    """What stands inside `head[...]`, and whether it was there at all."""
    found, inner = _generic(node)
    return (unquoted(inner[0]), True) if found == head else (node, False)


def _text(node: ast.stmt | None) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return cleandoc(node.value.value)
    return ""


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """The members of unions, however they are written; None stands for null."""
    node = unquoted(node)
    head, inner = _generic(node)
    if head == "Union":
        for part in inner:
            yield from _alternatives(part)
    elif head == "Optional":
        yield from _alternatives(inner[0])
        yield ast.Constant(None)
    elif isinstance(node, ast.BinOp):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node


def _generic(node: ast.expr) -> tuple[str, list[ast.expr]]:
    if not isinstance(node, ast.Subscript):
        return "", []
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return ast.unparse(node.value), inner


def _literal(node: ast.expr) -> list[str | int | bool] | None:
    head, inner = _generic(node)
    return [ast.literal_eval(part) for part in inner] if head == "Literal" else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
