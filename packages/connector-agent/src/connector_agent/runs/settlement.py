"""Finds out what became of calls whose answer is not known."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connector_sdk import ConnectorError, Outcome, Target
from connector_sdk.fate import found_out, is_burnt, is_open

from connector_agent.runs.ledger import Intent

Place = tuple[int, int]
"""Record and step."""


class Resolved(NamedTuple):
    """Outcomes that hold, in the order in which they came; calls whose key is used up, to be sent
    with the next one; and why others could not be looked up now, which stay pending."""

    clear: list[Outcome]
    again: list[Intent]
    failure: ConnectorError | None


class Settlement:
    """The looks of one execution at its target. Each call is sent with a new key once at most."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._repeated: set[Place] = set()
        self._done: set[Place] = set()

    def note(self, outcome: Outcome) -> None:
        """Takes what a look found before the call was sent again."""
        self._done.add((outcome.seq, outcome.step))

    def had(self, outcome: Outcome) -> bool:
        """Whether a look found the outcome."""
        return (outcome.seq, outcome.step) in self._done

    async def resolve(self, batch: Sequence[Outcome], calls: Mapping[Place, Intent]) -> Resolved:
        """Looks up what is open of a batch while it is fresh; `calls` are those without a stored
        outcome."""
        order = {(outcome.seq, outcome.step): at for at, outcome in enumerate(batch)}
        unknown = [each for each in batch if not self.had(each) and is_open(each)]
        clear = [each for each in batch if self.had(each) or not is_open(each)]
        if not unknown:
            return Resolved(clear, [], None)
        intents = [calls[(outcome.seq, outcome.step)] for outcome in unknown]
        try:
            found = await self._target.settle([intent.call for intent in intents])
        except ConnectorError as error:
            return Resolved(clear, [], error)
        again: list[Intent] = []
        for outcome, intent, result in zip(unknown, intents, found, strict=True):
            place = (outcome.seq, outcome.step)
            if result is None and is_burnt(outcome) and place not in self._repeated:
                self._repeated.add(place)
                again.append(intent)
            else:
                if result is not None and result.kind == "written":
                    self._done.add(place)  # it was done some time before its answer was lost
                clear.append(found_out(outcome, result))
        clear.sort(key=lambda outcome: order[(outcome.seq, outcome.step)])
        return Resolved(clear, again, None)
