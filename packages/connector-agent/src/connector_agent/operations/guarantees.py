"""What an operation can ask of its target, by the guarantee that the target gives."""

from typing import get_args

from connector_sdk import Guarantee, Problem

from connector_agent.project.operation import OperationDocument

GUARANTEES: frozenset[str] = frozenset(get_args(Guarantee))
NEEDS_IDENTITY: frozenset[Guarantee] = frozenset(("keyed", "none"))
"""Targets to which a second run writes everything twice, unless it recognises the records."""
KEEPS_IDS: frozenset[Guarantee] = frozenset(("keyed", "repeatable", "none", "transactional"))
"""Targets whose runs note what was written for an identity."""
LISTS_WRITTEN: frozenset[Guarantee] = frozenset(("keyed", "repeatable", "none"))
"""Targets whose runs have a row for each record that was written."""


def has_to_remember(document: OperationDocument, guarantee: Guarantee) -> bool:
    """Whether a run that didn't know what earlier ones wrote would write it twice."""
    return guarantee in NEEDS_IDENTITY or (guarantee == "transactional" and bool(document.identity))


def guarantee_faults(document: OperationDocument, guarantee: Guarantee | None) -> list[Problem]:
    """What an operation asks that its kind of target can't give. None: it is not known yet."""
    if guarantee is None:
        return []
    if guarantee not in GUARANTEES:
        return [unknown_guarantee(guarantee)._replace(line=document.position(("target",)))]
    faults = identity_faults(document, guarantee)
    if guarantee not in LISTS_WRITTEN and document.results.written:
        faults.append(
            Problem(
                "no_written_results",
                "A target such as a file or a table is itself the list of what was written.",
                "Take `written:` out of `results:`; `problems:` may stay.",
                path="results.written",
                line=document.position(("results", "written")),
            )
        )
    return faults


def identity_faults(document: OperationDocument, guarantee: Guarantee) -> list[Problem]:
    """Where a second run would write everything twice, the operation says what a repeat is."""
    needed = guarantee in NEEDS_IDENTITY
    if not needed or document.identity or document.options.repeat == "create":
        return []
    return [
        Problem(
            "no_identity",
            f"The operation {document.name!r} doesn't say what makes a source record the "
            "same record again, so that running it twice would write everything twice.",
            "Add a line such as `identity: crm_id`; or, where each run has to write everything "
            "anew, `repeat: create` below `options:`.",
            path="identity",
            line=document.position(()),
        )
    ]


def unknown_guarantee(guarantee: str) -> Problem:
    """A target promises what this agent knows nothing of."""
    return Problem(
        "unknown_guarantee",
        f"The target gives the guarantee {guarantee!r}, which this agent doesn't know: it can't "
        "say how a run is resumed without losing or doubling records.",
        "Update the agent, or correct the guarantee in the connector.",
        path="target",
        value=guarantee,
    )
