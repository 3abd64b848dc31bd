"""Every fault of a project at once, without a call to any system."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from connector_sdk import Host, Problem

from connector_agent.mapping import load_steps
from connector_agent.operations.compatibility import (
    driving_faults,
    guarantee_faults,
    outside_faults,
    overlap_faults,
)
from connector_agent.operations.composition import compose
from connector_agent.operations.end import End, Inspection, Key, Role, role_fault
from connector_agent.operations.guard import guard_warnings
from connector_agent.operations.lookup_check import other_objects
from connector_agent.project import Project, Survey
from connector_agent.project.document import without_echoes
from connector_agent.project.names import canonical
from connector_agent.project.operation import OperationDocument, Place


class Checked(NamedTuple):
    """The `faults` block whatever uses the faulty part; `warnings` name what couldn't be
    checked; `notes` are facts to know before a run. All are in file order. `endpoints` and
    `operations` list what was checked."""

    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    endpoints: tuple[str, ...]
    operations: tuple[str, ...]


async def check_project(
    folder: Path,
    environ: Mapping[str, str],
    environment: str,
    host: Host,
    names: Sequence[str] = (),
) -> Checked:
    """Checks the whole project, or only the operations `names` and what they use. An unreadable
    file doesn't hide the faults of others. Raises SettingError for an unknown project,
    environment or operation."""
    survey = Survey.of(folder, environ, environment)
    chosen, used = _chosen(survey, names)
    inspection = Inspection(host)
    try:
        await _inspect(survey, chosen, used, inspection)
    finally:
        await inspection.close()
    concerned = (each for each in survey.problems if not names or _concerns(each, chosen, used))
    own = load_steps(survey.project.documents.steps)
    faults = (*concerned, *inspection.faults, *own.problems, *own.example_faults(folder))
    return Checked(
        _ordered(faults),
        _ordered(inspection.warnings),
        _ordered(inspection.notes),
        tuple(dict.fromkeys(place.endpoint for place in used)),
        tuple(chosen),
    )


def _chosen(survey: Survey, names: Sequence[str]) -> tuple[list[str], list[Place]]:
    """The operations to check and the activities they use."""
    project = survey.project
    if not names:
        every = [
            Place(endpoint.name, activity)
            for endpoint in project.endpoints.values()
            for activity in endpoint.activities or [""]
        ]
        return list(project.documents.operations), every
    broken = {problem.line.partition(":")[0] for problem in survey.problems}
    chosen: list[str] = []
    used: list[Place] = []
    for name in dict.fromkeys(map(canonical, names)):
        if f"operations/{name}.yaml" not in broken or name in project.operations:
            document = project.operation(name)
            used += document.places.values()
        chosen.append(name)
    return chosen, list(dict.fromkeys(used))


def _concerns(problem: Problem, chosen: Sequence[str], used: Sequence[Place]) -> bool:
    folder, _, file = problem.line.partition(":")[0].partition("/")
    name = file.removesuffix(".yaml")
    if folder == "operations":
        return name in chosen
    return folder != "endpoints" or name in {place.endpoint for place in used} or not used


async def _inspect(
    survey: Survey, chosen: Sequence[str], used: Sequence[Place], inspection: Inspection
) -> None:
    project = survey.project
    for place in used:
        endpoint = project.endpoints.get(place.endpoint)
        if endpoint is not None and place.activity in endpoint.activities:
            await inspection.end(endpoint, place.activity)
        elif endpoint is not None:
            await inspection.connection(endpoint)
    for name in chosen:
        document = project.operations.get(name)
        if document is not None and not survey.variables.untold(document.document.value):
            source = await _end(project, document, "source", inspection)
            target = await _end(project, document, "target", inspection)
            driving = await _end(project, document, "for_each", inspection)
            inspection.faults.extend(driving_faults(document, source, driving))
            sources = (source, driving)
            inspection.faults.extend(overlap_faults(document, sources, target, project.folder))
            inspection.faults.extend(outside_faults(document, project.folder))
            composed = compose(
                project,
                document,
                source.schemas if source is not None else None,
                target.schemas if target is not None else None,
            )
            composed.close()
            inspection.faults.extend(composed.faults)
            if target is not None:
                guarantee = target.type.guarantee
                inspection.faults.extend(guarantee_faults(document, guarantee))
                warnings = await other_objects(project, composed.lines, target, inspection)
                inspection.warnings.extend(warnings)
                inspection.warnings.extend(await guard_warnings(target, composed.lines))


async def _end(
    project: Project, document: OperationDocument, key: Key, inspection: Inspection
) -> End | None:
    place = document.places.get(key)
    endpoint = project.endpoints.get(place.endpoint) if place is not None else None
    if place is None or endpoint is None or place.activity not in endpoint.activities:
        return None
    end = await inspection.end(endpoint, place.activity)
    if end is None:
        return None
    role: Role = "target" if key == "target" else "source"
    fault = role_fault(endpoint, end.activity, end.type, role, document.position((key,)))
    if fault is not None:
        inspection.faults.append(fault)
        return None
    return end


def _ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Without duplicates, in file order."""
    return tuple(sorted(dict.fromkeys(without_echoes(problems)), key=place_of))


def place_of(problem: Problem) -> tuple[str, int, int]:
    """File, line and column of a problem; the start of the file where only that is known."""
    file, line, column = (*problem.line.rsplit(":", 2), "", "")[:3]
    if line.isdigit() and column.isdigit():
        return file, int(line), int(column)
    return problem.line, 1, 1
