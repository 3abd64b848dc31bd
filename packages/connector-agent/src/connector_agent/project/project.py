"""A whole project: its endpoints, operations and variables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from connector_sdk import JSON, Problem, SettingError

from connector_agent.project.document import Document, Faults
from connector_agent.project.endpoint import EndpointDocument, read_endpoint
from connector_agent.project.names import canonical, name_fault, nearest
from connector_agent.project.operation import OperationDocument, Place, read_operation
from connector_agent.project.reader import read
from connector_agent.project.variables import Variables, variable_name_fault

MARKER = "project.yaml"
"""The file that makes a folder a project."""

_EDITORS = (".#", "._")
"""How files start that editors and file systems leave beside the real ones."""

_SNAPSHOT = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it stood on disk when it was loaded, or in a run's snapshot."""

    name: str
    folder: Path
    endpoints: Mapping[str, EndpointDocument]
    operations: Mapping[str, OperationDocument]
    document: Document = field(repr=False)

    @classmethod
    def find(cls, start: Path) -> Path:
        """The folder of the project that `start` is in: the nearest one, from `start` up,
        with a project.yaml. Raises SettingError when there is none."""
        start = start.absolute()
        for folder in (start, *start.parents):
            if (folder / MARKER).is_file():
                return folder
        raise SettingError(
            Problem(
                "no_project",
                f"There is no {MARKER} in {start} or in a folder above it.",
                f"Go to the project's folder, or make one with a {MARKER} that holds `name: …`.",
            )
        )

    @classmethod
    def load(cls, folder: Path, environ: Mapping[str, str]) -> "Project":
        """Reads every file of the project. Raises SettingError with all that is wrong in any
        of them, each with its file, line and column. What the environment has to hold is
        looked up when it is used, not here."""
        if not (folder / MARKER).is_file():
            raise SettingError(
                Problem(
                    "no_project",
                    f"{folder} is not a project: it has no {MARKER}.",
                    f"Make a {MARKER} there that holds `name: …`, or name another folder.",
                )
            )
        problems: list[Problem] = []
        top = _collect(lambda: read(folder / MARKER, MARKER), problems)
        endpoints = _documents(folder, "endpoints", "endpoint", problems)
        operations = _documents(folder, "operations", "operation", problems)
        if top is None:
            raise SettingError(*problems)
        return _build(folder, top, endpoints, operations, environ, problems)

    def endpoint(self, name: str) -> EndpointDocument:
        """Raises SettingError when there is no such endpoint."""
        found = self.endpoints.get(canonical(name))
        if found is None:
            raise SettingError(_unknown("endpoint", name, self.endpoints))
        return found

    def operation(self, name: str) -> OperationDocument:
        """Raises SettingError when there is no such operation."""
        found = self.operations.get(canonical(name))
        if found is None:
            raise SettingError(_unknown("operation", name, self.operations))
        return found

    def snapshot(self, operation: str) -> dict[str, JSON]:
        """Everything that the operation is made from, as JSON: its file, those of its
        endpoints, the project's variables. References to the environment stay references."""
        found = self.operation(operation)
        names = {found.source.endpoint, found.target.endpoint}
        return {
            "snapshot": _SNAPSHOT,
            "project": self.document.snapshot(),
            "endpoints": {name: self.endpoints[name].document.snapshot() for name in sorted(names)},
            "operations": {found.name: found.document.snapshot()},
        }

    @classmethod
    def from_snapshot(cls, stored: Any, folder: Path, environ: Mapping[str, str]) -> "Project":
        """The project with the one operation of `stored`, whatever the files say now. The
        environment is looked up anew. Raises SettingError when another version of the
        project made the snapshot."""
        if not isinstance(stored, dict) or stored.get("snapshot") != _SNAPSHOT:
            raise SettingError(
                Problem(
                    "foreign_snapshot",
                    "What this run was made from was stored by another version.",
                    "Go on with that version, or start a new run.",
                )
            )
        endpoints = {k: Document.from_snapshot(v) for k, v in stored["endpoints"].items()}
        operations = {k: Document.from_snapshot(v) for k, v in stored["operations"].items()}
        top = Document.from_snapshot(stored["project"])
        return _build(folder, top, endpoints, operations, environ, [])


def _collect(make: Callable[[], T], problems: list[Problem]) -> T | None:
    try:
        return make()
    except SettingError as error:
        problems.extend(error.problems)
        return None


def _unknown(what: str, name: str, known: Mapping[str, object]) -> Problem:
    have = f"There are: {', '.join(known)}." if known else f"The project has no {what} yet."
    return Problem(f"unknown_{what}", f"There is no {what} {name!r}.", nearest(name, known) or have)


def _documents(folder: Path, below: str, what: str, problems: list[Problem]) -> dict[str, Document]:
    """The YAML files directly in one folder of the project, by name, in order of name."""
    found: dict[str, Document] = {}
    folded: dict[str, str] = {}
    place = folder / below
    if not place.is_dir():
        return found
    for path in sorted(place.iterdir()):
        file = f"{below}/{path.name}"
        if path.name.startswith(_EDITORS):
            continue
        if path.is_dir():
            if any(path.rglob("*.y*ml")):
                problems.append(
                    Problem(
                        "folder_below",
                        f"{file} is a folder with YAML in it, and nothing reads it.",
                        f"Put the files directly into {below}/.",
                        line=file,
                    )
                )
            continue
        if not path.name.endswith(".yaml"):
            if path.suffix.lower() in (".yml", ".yaml"):
                problems.append(
                    Problem(
                        "wrong_ending",
                        f"{file} is not read: it doesn't end in '.yaml'.",
                        f"Rename it to {path.stem}.yaml.",
                        line=file,
                    )
                )
            continue
        name = canonical(path.name.removesuffix(".yaml"))
        fault = name_fault(name)
        if fault:
            problems.append(
                Problem(
                    "bad_name",
                    f"An {what} can't be called {name!r}: {fault}.",
                    f"Rename the file {file}.",
                    line=file,
                )
            )
            continue
        twin = folded.setdefault(name.casefold(), name)
        if twin != name:
            problems.append(
                Problem(
                    "duplicate_name",
                    f"{below}/{twin}.yaml and {file} differ only by case.",
                    "Rename one of them.",
                    line=file,
                )
            )
            continue
        document = _collect(lambda path=path, file=file: read(path, file), problems)  # type: ignore[misc]
        if document is not None:
            found[name] = document
    return found


def _build(
    folder: Path,
    top: Document,
    endpoint_documents: Mapping[str, Document],
    operation_documents: Mapping[str, Document],
    environ: Mapping[str, str],
    problems: list[Problem],
) -> Project:
    broken = {problem.line.partition(":")[0] for problem in problems}
    name, variables = _top(top, problems)
    endpoints: dict[str, EndpointDocument] = {}
    for key, document in endpoint_documents.items():
        try:
            endpoints[key] = read_endpoint(key, document, variables, environ)
        except SettingError as error:
            problems.extend(error.problems)
            broken.add(document.file)
    operations: dict[str, OperationDocument] = {}
    for key, document in operation_documents.items():
        try:
            operation = read_operation(key, document, variables)
        except SettingError as error:
            problems.extend(error.problems)
            continue
        operations[key] = operation
        for side, place in (("source", operation.source), ("target", operation.target)):
            if f"endpoints/{place.endpoint}.yaml" in broken:
                continue
            problem = _place_fault(place, endpoints)
            if problem is not None:
                problems.append(problem._replace(line=operation.position((side,))))
    if problems:
        raise SettingError(*problems)
    return Project(name, folder, endpoints, operations, top)


def _place_fault(place: Place, endpoints: Mapping[str, EndpointDocument]) -> Problem | None:
    endpoint = endpoints.get(place.endpoint)
    if endpoint is None:
        return _unknown("endpoint", place.endpoint, endpoints)
    if place.activity not in endpoint.activities:
        return endpoint.no_activity(place.activity)
    return None


def _top(document: Document, problems: list[Problem]) -> tuple[str, Variables]:
    """The name and the variables that project.yaml states."""
    faults = Faults(document)
    top = faults.mapping(document.value, ())
    for key in top:
        if key not in ("name", "variables"):
            faults.add(
                "unknown_key",
                f"A project has no {key!r}.",
                nearest(key, ("name", "variables")) or "It has: name, variables.",
                (key,),
            )
    name = faults.text(top, ("name",), example="my project")
    values = faults.mapping(top.get("variables", {}), ("variables",))
    for key in values:
        if variable_name_fault(key):
            faults.add(
                "bad_variable_name",
                f"{key!r} can't be the name of a variable.",
                "Names hold letters, digits and '_', and start with no digit.",
                ("variables", key),
            )
    problems.extend(faults.problems)
    return name, Variables(values)
