"""The source of a Python package as syntax trees, and where its names lead."""

import ast
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path


class UnresolvedError(Exception):
    """The source says something that this reader does not understand; it never guesses."""


@dataclass(frozen=True)
class Place:
    """A class in the source: its module ("stripe.billing._meter") and the way down to it."""

    module: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module}:{'.'.join(self.path)}"


class Module:
    """One parsed file: its classes, what it imports and the values that it assigns."""

    def __init__(self, name: str, file: Path) -> None:
        self.name = name
        self.tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        return {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def assigned(self) -> dict[str, ast.expr]:
        return assigned(self.tree.body)

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Local name -> (module, name there), type-checking blocks included."""
        found: dict[str, tuple[str, str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    target = (node.module, alias.name)
                    if found.setdefault(alias.asname or alias.name, target) != target:
                        raise UnresolvedError(f"{self.name} imports {alias.name} twice")
        return found


class Package:
    """A package read without importing it: `root` holds its modules."""

    def __init__(self, name: str, version: str, root: Path) -> None:
        self.name = name
        self.version = version
        self.root = root
        self.module = cache(self._read)

    @classmethod
    def installed(cls, name: str) -> "Package":
        """The one that is installed. Raises UnresolvedError if there is none."""
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise UnresolvedError(f"The package {name} is not installed.")
        return cls(name, importlib.metadata.version(name), Path(spec.origin).parent)

    def _read(self, name: str) -> Module:
        parts = name.split(".")
        if parts[0] != self.name:
            raise UnresolvedError(f"{name} is not a module of {self.name}")
        return Module(name, self._file(name))

    def _file(self, name: str) -> Path:
        base = self.root.joinpath(*name.split(".")[1:])
        file = base.with_suffix(".py")
        return file if file.is_file() else base / "__init__.py"

    def has(self, name: str) -> bool:
        """Whether there is a module of that name."""
        return self._file(name).is_file()

    def modules(self) -> list[Module]:
        """Every module of the package itself, in the order of their names."""
        files = sorted(self.root.rglob("*.py"))
        names = (file.relative_to(self.root).with_suffix("").parts for file in files)
        return [
            self.module(".".join((self.name, *parts))) for parts in names if parts[-1] != "__init__"
        ]

    def node(self, place: Place) -> ast.ClassDef:
        """The class at `place`."""
        found = self.module(place.module).classes.get(place.path[0])
        for name in place.path[1:]:
            found = nested(found).get(name) if found else None
        if found is None:
            raise UnresolvedError(f"There is no class {place}.")
        return found

    def assigned(self, name: str, where: Place) -> ast.expr | None:
        """What `name` was given around the class `where`: in the class that holds it, or in
        its module."""
        outer = Place(where.module, where.path[:-1])
        found = assigned(self.node(outer).body) if outer.path else {}
        return found.get(name, self.module(where.module).assigned.get(name))

    def resolve(self, name: str, where: Place) -> Place:
        """The class that `name` means inside the class `where`, by Python's scoping:
        the class's own body, its module, then what the module imports."""
        first, *rest = name.split(".")
        module = self.module(where.module)
        if where.path and first in nested(self.node(where)):
            base = Place(where.module, (*where.path, first))
        elif first in module.classes:
            base = Place(where.module, (first,))
        elif first in module.imports:
            target, original = module.imports[first]
            base = Place(target, (original,))
        else:
            raise UnresolvedError(f"{where} names {name}, which leads nowhere.")
        place = Place(base.module, (*base.path, *rest))
        self.node(place)
        return place


def nested(node: ast.ClassDef) -> dict[str, ast.ClassDef]:
    """The classes inside a class."""
    return {part.name: part for part in node.body if isinstance(part, ast.ClassDef)}


def assigned(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """Name -> value of every plain assignment in the body of a module or a class."""
    return {
        target.id: node.value
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
