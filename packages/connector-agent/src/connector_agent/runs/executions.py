"""One execution for each guarantee that a target can give."""

from collections.abc import Mapping

from connector_sdk import Call, Guarantee, SettingError, Target

from connector_agent.operations.compatibility import unknown_guarantee
from connector_agent.runs.checkpointed import (
    PositionedExecution,
    TransactionalExecution,
    transactional,
)
from connector_agent.runs.keyed import KeyedExecution


class RepeatableExecution(KeyedExecution):
    """For targets where repeating a write changes nothing: no key, no horizon."""

    def may_repeat(self, call: Call) -> bool:
        return True


class UnrepeatableExecution(KeyedExecution):
    """For targets where a repeat may double: calls that may have been sent are looked up only."""

    in_doubt = 10

    def may_repeat(self, call: Call) -> bool:
        return False


Execution = type[KeyedExecution] | type[PositionedExecution]

EXECUTIONS: Mapping[Guarantee, Execution] = {
    "keyed": KeyedExecution,
    "positioned": PositionedExecution,
    "transactional": TransactionalExecution,
    "repeatable": RepeatableExecution,
    "none": UnrepeatableExecution,
}


def execution_of(target: Target) -> Execution:
    """The execution for this target. Raises SettingError for an unknown guarantee, or a target
    that lacks what its guarantee needs."""
    execution = EXECUTIONS.get(target.guarantee)
    if execution is None:
        raise SettingError(unknown_guarantee(target.guarantee))
    if execution is TransactionalExecution:
        transactional(target)
    return execution
