"""An environment file: variables that stand in for those of project.yaml."""

from collections.abc import Mapping

from connector_sdk import JSON, Problem

from connector_agent.project.document import Document, Faults
from connector_agent.project.names import nearest
from connector_agent.project.variables import variable_faults


def read_environment(
    document: Document, declared: Mapping[str, JSON] | None
) -> tuple[Mapping[str, JSON], tuple[Problem, ...]]:
    """The variables in `document`, and every fault of its shape.

    `declared` are those of project.yaml, None where they are not known: a name that is not
    among them would be used nowhere else, and is most likely a slip.
    """
    faults = Faults(document)
    top = faults.mapping(document.value, ())
    for key in top:
        if key != "variables":
            faults.add(
                "unknown_key",
                f"An environment has no {key!r}.",
                nearest(key, ("variables",)) or "It has only: variables.",
                (key,),
            )
    values = read_variables(faults, top)
    for name in values:
        if declared is not None and name not in declared:
            faults.add(
                "unknown_variable",
                f"project.yaml has no variable {name!r}.",
                nearest(name, declared)
                or f"Add `{name}:` below `variables:` there, with what holds without an "
                "environment.",
                ("variables", name),
            )
    return values, tuple(faults.problems)


def read_variables(faults: Faults, top: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """What stands below `variables:`, with its faults noted."""
    values = faults.mapping(top.get("variables", {}), ("variables",))
    for name, fault in variable_faults(faults.document):
        faults.add(fault.code, str(fault), fault.remedy, ("variables", name))
    return values
