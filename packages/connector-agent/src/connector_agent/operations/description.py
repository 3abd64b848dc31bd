"""An operation in words: what is read, how it is mapped, where it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from connector_sdk import JSON, Connector, Host, Problem, SettingError

from connector_agent.operations.compatibility import driving_faults
from connector_agent.operations.composition import compose
from connector_agent.operations.end import End, Inspection, Role, connector_of
from connector_agent.project import EndpointDocument, Project
from connector_agent.project.endpoint import HIDDEN
from connector_agent.project.operation import OperationDocument, Place


@dataclass(frozen=True, slots=True)
class Side:
    """One end. `connection` and `settings` are as written, with variables filled in but
    environment references kept; `call` is the API call; `mode` is "" where it depends on the
    environment. `columns` are the fields of a source whose schema comes from its data."""

    place: str
    connector: str
    type: str
    on: str
    action: str
    call: str
    note: str
    mode: str
    connection: Mapping[str, JSON]
    settings: Mapping[str, JSON]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """An operation with all settings resolved. `mapping` pairs each target field with how it is
    made."""

    name: str
    file: str
    environment: str
    source: Side
    for_each: Side | None
    where: tuple[str, ...]
    group: str
    identity: str
    mapping: tuple[tuple[str, str], ...]
    target: Side
    options: tuple[tuple[str, str], ...]
    faults: tuple[Problem, ...]

    def as_json(self) -> dict[str, Any]:
        value = asdict(self)
        value["mapping"] = [{"to": to, "how": how} for to, how in self.mapping]
        value["options"] = dict(self.options)
        value["faults"] = [problem._asdict() for problem in self.faults]
        return value


async def describe(project: Project, name: str, host: Host) -> Description:
    """Describes an operation without a call; faults are listed and hide nothing else. Raises
    SettingError for an unknown operation."""
    document = project.operation(name)
    inspection = Inspection(host)
    try:
        ends = {
            key: await inspection.end(project.endpoint(place.endpoint), place.activity)
            for key, place in document.places.items()
        }
        source, target = ends["source"], ends["target"]
        composition = compose(
            project,
            document,
            source.schemas if source is not None else None,
            target.schemas if target is not None else None,
        )
        composition.close()
        return Description(
            name=document.name,
            file=document.document.file,
            environment=project.environment,
            source=_side(project, document.source, "source", source),
            for_each=_side(project, document.for_each, "source", ends["for_each"])
            if document.for_each is not None
            else None,
            where=tuple(_tests(document.where)),
            group=_group(document),
            identity=" and ".join(document.identity) or "none: each record is a new one",
            mapping=tuple(_lines(document.mapping)),
            target=_side(project, document.target, "target", target),
            options=tuple(_options(document, target)),
            faults=(
                *inspection.faults,
                *driving_faults(document, source, ends.get("for_each")),
                *composition.faults,
            ),
        )
    finally:
        await inspection.close()


def _side(project: Project, place: Place, role: Role, end: End | None) -> Side:
    endpoint = project.endpoint(place.endpoint)
    activity = endpoint.activities[place.activity]
    settings = endpoint.written(("activities", activity.name))
    unset = endpoint.unset(("connection",))
    return Side(
        place=str(place),
        connector=endpoint.connector,
        type=activity.type,
        on=activity.on,
        action=activity.action,
        call=end.schemas.call if end is not None else "",
        note=end.schemas.note if end is not None else "",
        mode=end.connection.mode if end is not None and not unset else "",
        connection=_shown(endpoint),
        settings={
            name: value
            for name, value in (settings.items() if isinstance(settings, dict) else ())
            if name not in ("type", "on", "action")
        },
        columns=tuple(child.name for child in end.schemas.response.fields)
        if end is not None and role == "source" and not end.type.levels
        else (),
    )


def _shown(endpoint: EndpointDocument) -> dict[str, JSON]:
    """The settings of the connection, with literal secrets hidden."""
    written = endpoint.written(("connection",))
    if not isinstance(written, dict):
        return {}
    try:
        connector: Connector | None = connector_of(endpoint)
    except SettingError:
        connector = None
    exposed = {"*"}
    if connector is not None:
        exposed = {problem.path for problem in endpoint.literal_secrets(connector.form())}
    return {
        name: HIDDEN if name in exposed or "*" in exposed else value
        for name, value in written.items()
        if value != ""
    }


def _tests(where: JSON) -> Iterator[str]:
    if isinstance(where, str):
        yield where
    elif where is not None:
        for test in where if isinstance(where, list) else [where]:
            yield _condition(test)


def _condition(test: JSON) -> str:
    """ "status is not closed"."""
    if not isinstance(test, dict):
        return _text(test)
    field = _text(test.get("from"))
    for name, value in test.items():
        match name:
            case "equals":
                return f"{field} is {_text(value)}"
            case "not_equals":
                return f"{field} is not {_text(value)}"
            case "in":
                listed = value if isinstance(value, list) else [value]
                return f"{field} is one of {', '.join(map(_text, listed))}"
            case "blank":
                return f"{field} is {'blank' if value else 'not blank'}"
    return _text(test)


def _group(document: OperationDocument) -> str:
    group = document.group
    if group is None:
        return ""
    return f"rows with the same {' and '.join(group.by)} become one record with its {group.into}"


def _lines(mapping: JSON | tuple[JSON, ...], above: str = "") -> Iterator[tuple[str, str]]:
    for line in mapping if isinstance(mapping, (list, tuple)) else ():
        if not isinstance(line, dict):
            continue
        to = f"{above}{_text(line.get('to'))}"
        yield to, _how(line)
        yield from _lines(line.get("mapping", []), f"{to}[].")


def _how(line: Mapping[str, JSON]) -> str:
    """ "email: trim, lower (when status is open)"."""
    parts: list[str] = []
    for name, value in line.items():
        match name:
            case "to" | "steps" | "when" | "mapping" | "where" | "only":
                pass
            case "lookup" if isinstance(value, dict):
                parts.append(_lookup(value))
            case "from":
                parts.append(_text(value))
            case "value":
                parts.append(f"always {_text(value)}")
            case "expression":
                parts.append(f"= {_text(value)}")
            case "each":
                where = f" where {' and '.join(_tests(line['where']))}" if "where" in line else ""
                parts.append(f"for each of {_text(value)}{where}")
            case _:
                parts.append(f"{name} {_text(value)}")
    text = ", ".join(parts)
    steps = line.get("steps")
    if isinstance(steps, list) and steps:
        listed = ", ".join(map(_step, steps))
        text = f"{text}: {listed}" if text else listed
    if "when" in line:
        text += f" (when {_condition(line['when'])})"
    if "only" in line:
        text += f" (only when {_text(line['only'])}d)"
    return text


def _lookup(lookup: Mapping[str, JSON]) -> str:
    """ "the id that 'import contacts' wrote for crm_id"."""
    by = lookup.get("by")
    names = " and ".join(map(_text, by if isinstance(by, list) else [by]))
    left_out = ", if there is one" if lookup.get("missing") == "leave_out" else ""
    return f"the id that {lookup.get('operation')!r} wrote for {names}{left_out}"


def _step(step: JSON) -> str:
    if isinstance(step, dict) and len(step) == 1:
        ((name, given),) = step.items()
        if isinstance(given, dict):
            listed = ", ".join(f"{key} {_text(value)}" for key, value in given.items())
            return f"{name} ({listed})"
        return f"{name} {_text(given)}"
    return _text(step)


def _options(document: OperationDocument, target: End | None) -> Iterator[tuple[str, str]]:
    options = document.options
    repeat = {
        "skip": "a record that an earlier run wrote is skipped",
        "update": "a record that an earlier run wrote is updated",
        "create": "each run writes every record again",
    }[options.repeat]
    if target is not None and target.type.guarantee == "positioned":
        repeat = "each run writes a new target, which appears once it is complete"
    elif not document.identity:
        repeat = "each run writes every record again"
    yield "repeat", repeat
    problems = "they never end the run"
    if options.on_problem == "stop":
        problems = "the first one ends the run"
    elif options.stop_after_problems:
        problems = f"the run ends after {options.stop_after_problems:,}"
    yield "problems", problems
    for name, path in document.results.paths.items():
        yield f"{name} file", path
    if document.results.paths and not document.results.mark_formulas:
        yield "formulas", "result files have no mark before what a spreadsheet would run"


def _text(value: JSON) -> str:
    """A value as written: plain where it can't be mistaken for another type."""
    plain = isinstance(value, str) and value.strip() == value and value.isprintable()
    if plain and any(map(str.isalnum, str(value))):
        return str(value)
    return orjson.dumps(value).decode()
