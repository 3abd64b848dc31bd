"""Services: the classes of the official SDK whose methods are the operations of the API."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import cleandoc

from scripts.catalogue_source.annotation import Node, unquoted
from scripts.catalogue_source.package import Package, Place, UnresolvedError

_REQUESTS = {"_request", "_request_stream"}
_LISTS = {"ListObject": "list", "SearchResultObject": "search"}
_ROOTS = (("", "stripe._v1_services", "V1Services"), ("v2", "stripe._v2_services", "V2Services"))
_CLIENT = Place("stripe._stripe_client", ("StripeClient",))
_NO_API = {"oauth", "v2"}
"""What the client of SDK 11, which has no V1Services, holds beside the services of API v1."""


@dataclass
class Call:
    """One operation as its method in the source states it."""

    object: str
    action: str
    method: str
    path: str
    host: str
    body: str
    shape: str
    returns: list[str]
    service: Place
    params: str = ""
    encodings: Node = field(default_factory=dict)
    summary: str = ""


def calls(package: Package) -> Iterator[Call]:
    """Every operation, in the order in which the SDK's client presents its services."""
    for prefix, module, name in _ROOTS:
        if package.has(module):
            yield from _service(package, Place(module, (name,)), prefix)
        else:
            for below, service in _subservices(package, _CLIENT):
                if below not in _NO_API:
                    yield from _service(package, service, below)


def _service(package: Package, place: Place, object: str) -> Iterator[Call]:
    for statement in package.node(place).body:
        if isinstance(statement, ast.FunctionDef) and not statement.name.startswith("_"):
            yield _call(statement, place, object)
    for name, service in _subservices(package, place):
        yield from _service(package, service, f"{object}.{name}" if object else name)


def _subservices(package: Package, place: Place) -> Iterator[tuple[str, Place]]:
    """What hangs below a service: a table since SDK 13, assignments to `self` before."""
    table = package.module(place.module).assigned.get("_subservices")
    if table is not None:
        for name, (module, service) in ast.literal_eval(table).items():
            yield name, Place(module, (service,))
        return
    for statement in package.node(place).body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            for node in statement.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    target, service = node.targets[0], ast.unparse(node.value.func)
                    if isinstance(target, ast.Attribute) and service.endswith(
                        ("Service", "Services")
                    ):
                        yield target.attr, package.resolve(service, place)


def _call(method: ast.FunctionDef, place: Place, object: str) -> Call:
    where = f"{place}.{method.name}"
    requests = [
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _REQUESTS
    ]
    if len(requests) != 1 or method.returns is None:
        raise UnresolvedError(f"{where} does not make exactly one request.")
    request = requests[0]
    keywords = {word.arg: word.value for word in request.keywords}
    path, arguments = _path(request.args[1], where)
    params, encodings = _params(keywords["params"], where)
    declared = {argument.arg: argument.annotation for argument in _arguments(method)}
    unused = set(declared) - set(arguments) - {"self", "params", "options"}
    if unused or (params and "params" not in declared):
        raise UnresolvedError(f"{where} has arguments that its request does not use: {unused}")
    shape, returns = _answer(unquoted(method.returns), request, where)
    return Call(
        object=object,
        action=method.name,
        method=ast.literal_eval(request.args[0]).upper(),
        path=path,
        host=ast.literal_eval(keywords["base_address"]),
        body=_body(method, path),
        shape=shape,
        returns=returns,
        service=place,
        params=_type_name(declared.get("params")),
        encodings=encodings,
        summary=cleandoc(ast.get_docstring(method) or ""),
    )


def _arguments(method: ast.FunctionDef) -> list[ast.arg]:
    return [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]


def _path(node: ast.expr, where: str) -> tuple[str, list[str]]:
    """The template with its parameters, and the arguments that fill them in their order."""
    if isinstance(node, ast.Constant):
        return str(node.value), []
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        raise UnresolvedError(f"{where} builds its path in an unknown way.")
    template = str(ast.literal_eval(node.func.value))
    filled = {}
    for word in node.keywords:
        if not isinstance(word.value, ast.Call) or ast.unparse(word.value.func) != "sanitize_id":
            raise UnresolvedError(f"{where} fills its path with something other than an id.")
        filled[word.arg] = ast.unparse(word.value.args[0])
    names = re.findall(r"\{(\w+)\}", template)
    if sorted(names) != sorted(str(name) for name in filled):
        raise UnresolvedError(f"{where} does not fill {template}.")
    return template, [filled[name] for name in names]


def _params(node: ast.expr, where: str) -> tuple[bool, Node]:
    if isinstance(node, ast.Name) and node.id == "params":
        return True, {}
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "_coerce_v2_params":
        return True, ast.literal_eval(node.args[1])
    raise UnresolvedError(f"{where} passes {ast.unparse(node)} as its parameters.")


def _body(method: ast.FunctionDef, path: str) -> str:
    for node in ast.walk(method):
        if isinstance(node, ast.Constant) and node.value == "multipart/form-data":
            return "multipart"
    return "json" if path.startswith("/v2/") else "form"


def _type_name(annotation: ast.expr | None) -> str:
    if annotation is None:
        return ""
    node = unquoted(annotation)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Optional":
        node = unquoted(node.slice)
    return ast.unparse(node)


def _answer(node: ast.expr, request: ast.Call, where: str) -> tuple[str, list[str]]:
    assert isinstance(request.func, ast.Attribute)
    if request.func.attr == "_request_stream":
        return "binary", []
    shape = "object"
    if isinstance(node, ast.Constant) and node.value is None:
        return "none", []
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) in _LISTS:
        shape, node = _LISTS[ast.unparse(node.value)], node.slice
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Union":
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return shape, [ast.unparse(unquoted(part)) for part in parts]
    if not isinstance(unquoted(node), (ast.Name, ast.Attribute)):
        raise UnresolvedError(f"{where} returns {ast.unparse(node)}.")
    return shape, [ast.unparse(unquoted(node))]
