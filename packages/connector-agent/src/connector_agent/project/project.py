"""A whole project: its endpoints, operations and variables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from connector_sdk import JSON, Problem, SettingError

from connector_agent.project.document import Document, Faults, without_echoes
from connector_agent.project.endpoint import EndpointDocument, read_endpoint
from connector_agent.project.environment import read_environment, read_variables
from connector_agent.project.names import canonical, name_fault, nearest
from connector_agent.project.operation import OperationDocument, Place, read_operation
from connector_agent.project.steps_file import read_steps
from connector_agent.project.variables import Variables

MARKER = "project.yaml"
"""The file that makes a folder a project."""

STATE = ".connector"
"""The folder of a project that holds its ledger and the connectors' own files."""

_EDITORS = (".#", "._")
"""How files start that editors and file systems leave beside the real ones."""

_SNAPSHOT = 1
_TOP = ("name", "variables")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it stood on disk when it was loaded, or in a run's snapshot.
    `environment` is the name of the one that was chosen, "" without one."""

    name: str
    folder: Path
    environment: str
    endpoints: Mapping[str, EndpointDocument]
    operations: Mapping[str, OperationDocument]
    documents: "Documents" = field(repr=False)

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
    def load(cls, folder: Path, environ: Mapping[str, str], environment: str = "") -> "Project":
        """Reads every file of the project. Raises SettingError with all that is wrong in any
        of them, each with its file, line and column. What the environment has to hold is
        looked up when it is used, not here."""
        survey = Survey.of(folder, environ, environment)
        if survey.problems:
            raise SettingError(*survey.problems)
        return survey.project

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
        endpoints, the variables and steps of the project. References to the environment stay
        references."""
        found = self.operation(operation)
        names = {place.endpoint for place in found.places.values()}
        chosen = self.documents.environments.get(self.environment)
        return {
            "snapshot": _SNAPSHOT,
            "project": self.documents.top.snapshot() if self.documents.top else None,
            "environment": self.environment,
            "environments": {self.environment: chosen.snapshot()} if chosen else {},
            "endpoints": {name: self.endpoints[name].document.snapshot() for name in sorted(names)},
            "operations": {found.name: found.document.snapshot()},
            "steps": self.documents.steps,
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
                    "Go on with that version, or leave the run with 'connector abandon' and start "
                    "a new one.",
                )
            )
        documents = Documents(
            top=Document.from_snapshot(stored["project"]),
            environments=_stored(stored.get("environments", {})),
            endpoints=_stored(stored["endpoints"]),
            operations=_stored(stored["operations"]),
            steps=stored.get("steps", ""),
        )
        survey = _read(documents, folder, environ, stored.get("environment", ""), [])
        if survey.problems:
            raise SettingError(*survey.problems)
        return survey.project


class Documents(NamedTuple):
    """The files of a project that could be read, by name; `top` is project.yaml, `steps` the
    text of steps.py."""

    top: Document | None
    environments: Mapping[str, Document]
    endpoints: Mapping[str, Document]
    operations: Mapping[str, Document]
    steps: str


class Survey(NamedTuple):
    """What a folder holds: all of a project that can be used, and all that is wrong with it.
    Without problems the project is whole."""

    project: Project
    problems: tuple[Problem, ...]
    variables: Variables

    @classmethod
    def of(cls, folder: Path, environ: Mapping[str, str], environment: str = "") -> "Survey":
        """Reads every file. Raises SettingError where the folder is no project and where it
        has no such environment."""
        if not (folder / MARKER).is_file():
            raise SettingError(
                Problem(
                    "no_project",
                    f"{folder} is not a project: it has no {MARKER}.",
                    f"Make a {MARKER} there that holds `name: …`, name another folder, or begin "
                    "with 'connector init'.",
                )
            )

        problems: list[Problem] = []
        documents = Documents(
            top=_document(folder / MARKER, MARKER, problems),
            environments=_documents(folder, "environments", "environment", problems),
            endpoints=_documents(folder, "endpoints", "endpoint", problems),
            operations=_documents(folder, "operations", "operation", problems),
            steps=_collect(lambda: read_steps(folder), problems) or "",
        )
        return _read(documents, folder, environ, canonical(environment), problems)


def environment_of(snapshot: Any) -> str:
    """The environment that a run's snapshot was made in, "" without one."""
    name = snapshot.get("environment", "") if isinstance(snapshot, dict) else ""
    return str(name)


def _stored(documents: Mapping[str, Any]) -> dict[str, Document]:
    return {name: Document.from_snapshot(stored) for name, stored in documents.items()}


def _collect(make: Callable[[], T], problems: list[Problem]) -> T | None:
    try:
        return make()
    except SettingError as error:
        problems.extend(error.problems)
        return None


def _document(path: Path, file: str, problems: list[Problem]) -> Document | None:
    from connector_agent.project.reader import read

    document = _collect(lambda: read(path, file), problems)
    problems.extend(document.problems if document is not None else ())
    return document


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
        document = _document(path, file, problems)
        if document is not None:
            found[name] = document
    return found


def _read(
    documents: Documents,
    folder: Path,
    environ: Mapping[str, str],
    environment: str,
    problems: list[Problem],
) -> Survey:
    """The project in `documents`; `problems` were found while these were read."""
    broken = {problem.line.partition(":")[0] for problem in problems}
    name, declared = _top(documents.top, problems)
    values = declared
    for key, document in documents.environments.items():
        own, faults = read_environment(document, declared)
        problems.extend(faults)
        if key == environment and values is not None:
            values = {**values, **own}
    file = f"environments/{environment}.yaml"
    if environment and environment not in documents.environments and file not in broken:
        raise SettingError(_unknown("environment", environment, documents.environments))
    variables = Variables(values or {}, known=values is not None and file not in broken)
    endpoints: dict[str, EndpointDocument] = {}
    for key, document in documents.endpoints.items():
        try:
            endpoints[key] = read_endpoint(key, document, variables, environ)
        except SettingError as error:
            problems.extend(error.problems)
            broken.add(document.file)
    operations: dict[str, OperationDocument] = {}
    for key, document in documents.operations.items():
        operation, found = read_operation(key, document, variables)
        problems.extend(found)
        if operation is None:
            continue
        operations[key] = operation
        for side, place in operation.places.items():
            if f"endpoints/{place.endpoint}.yaml" in broken:
                continue
            problem = _place_fault(place, endpoints)
            if problem is not None:
                problems.append(problem._replace(line=operation.position((side,))))
    project = Project(name, folder, environment, endpoints, operations, documents)
    return Survey(project, tuple(without_echoes(problems)), variables)


def _place_fault(place: Place, endpoints: Mapping[str, EndpointDocument]) -> Problem | None:
    endpoint = endpoints.get(place.endpoint)
    if endpoint is None:
        return _unknown("endpoint", place.endpoint, endpoints)
    if place.activity not in endpoint.activities:
        return endpoint.no_activity(place.activity)
    return None


def _top(
    document: Document | None, problems: list[Problem]
) -> tuple[str, Mapping[str, JSON] | None]:
    """The name and the variables that project.yaml states; no variables where they can't be
    told."""
    if document is None:
        return "", None
    faults = Faults(document)
    top = faults.mapping(document.value, ())
    for key in top:
        if key not in _TOP:
            faults.add(
                "unknown_key",
                f"A project has no {key!r}.",
                nearest(key, _TOP) or f"It has: {', '.join(_TOP)}.",
                (key,),
            )
    name = faults.text(top, ("name",), example="my project")
    values = read_variables(faults, top)
    problems.extend(faults.problems)
    whole = isinstance(document.value, dict) and isinstance(top.get("variables", {}), dict)
    return name, values if whole else None
