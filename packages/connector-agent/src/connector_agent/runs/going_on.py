"""What keeps an operation or its unfinished run from going on, told with the ways out of it."""

import shlex

import orjson
from connector_sdk import Problem, SettingError

from connector_agent.project import environment_of
from connector_agent.runs.run import Run


def other_account(run: Run, scope: str) -> Problem:
    """The connection leads to `scope` now."""
    return Problem(
        "other_account",
        f"The run {run.id} was begun on {run.scope}, and the connection now leads to {scope}.",
        "Set the key of the account that the run was begun on, then resume. Where that account "
        f"is gone: connector abandon {run.id}",
    )


def require_same(earlier: Run, environment: str) -> None:
    """Another environment may be another account: a run is not continued by the way."""
    begun = environment_of(orjson.loads(earlier.snapshot))
    if begun != environment:
        raise SettingError(
            Problem(
                "other_environment",
                f"The operation has an unfinished run {earlier.id}, begun "
                + (f"in the environment {begun!r}." if begun else "without an environment."),
                f"Finish that one first: connector resume {earlier.id}; where it can't go on: "
                f"connector abandon {earlier.id}",
            )
        )


def was_abandoned(run: Run) -> Problem:
    """A run that a person gave up doesn't go on."""
    return Problem(
        "run_abandoned",
        f"The run {run.id} was abandoned; it doesn't go on.",
        f"Start a new one with: connector run {shlex.quote(run.operation)}",
    )


def has_ended(run: Run) -> Problem:
    """There is nothing to abandon."""
    how = "was abandoned before" if run.status == "abandoned" else "has finished"
    return Problem(
        "run_ended",
        f"The run {run.id} {how}; there is nothing to abandon.",
        "Look at it with: connector outcomes " + run.id,
    )


def not_rebuildable(operation: str, why: str) -> Problem:
    """What an operation wrote can't be found at its target."""
    return Problem(
        "not_rebuildable",
        f"What {operation!r} wrote can't be found again: {why}.",
        "Look there for what it wrote, and take it out of the source. To begin then: connector run "
        f"{shlex.quote(operation)} --new",
    )
