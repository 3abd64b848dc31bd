"""Whether a call may be sent again, and the outcomes of calls whose answer was lost."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connector_sdk import Call, ConnectorError, Outcome, Target
from connector_sdk.open_outcomes import found_out, is_burnt, is_open

from connector_agent.runs.item import Item

Place = tuple[int, int]
"""Record and step."""


class Resolved(NamedTuple):
    """Final outcomes in order of arrival; items whose key is used up, to send with the next one;
    and why others couldn't be looked up now and stay pending."""

    clear: list[Outcome]
    again: list[Item]
    failure: ConnectorError | None


AHEAD = 300.0
"""Seconds by which a time of send may lie ahead of the target's clock and still be believed."""


def is_known(target: Target, call: Call) -> bool:
    """Whether the target surely knows the key of a call that may have been sent before. A time
    of send that lies ahead, or is by another clock, says nothing about that."""
    if not target.horizon:
        return True
    now = target.clock()
    if now is None or call.first_sent is None or not call.synced:
        return False
    return now - target.horizon <= call.first_sent <= now + AHEAD


class Settlement:
    """Looks calls up at the target, for one execution. `found` are those whose outcome a look
    gave. A call is sent with a new key at most once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._repeated: set[Place] = set()
        self.found: set[Place] = set()

    def note(self, outcome: Outcome) -> None:
        """Adds an outcome found before the call was sent again."""
        self.found.add(_place(outcome))

    async def resolve(self, batch: Sequence[Outcome], calls: Mapping[Place, Item]) -> Resolved:
        """Looks up the open outcomes of a batch; `calls` are those without a stored outcome."""
        unknown = [each for each in batch if is_open(each) and _place(each) not in self.found]
        if not unknown:
            return Resolved([*batch], [], None)
        order = {(outcome.seq, outcome.step): at for at, outcome in enumerate(batch)}
        places = {_place(each) for each in unknown}
        clear = [each for each in batch if _place(each) not in places]
        items = [calls[(outcome.seq, outcome.step)] for outcome in unknown]
        try:
            found = await self._target.settle([item.sent() for item in items])
        except ConnectorError as error:
            return Resolved(clear, [], error)
        again: list[Item] = []
        for outcome, item, result in zip(unknown, items, found, strict=True):
            place = (outcome.seq, outcome.step)
            if result is None and is_burnt(outcome) and place not in self._repeated:
                self._repeated.add(place)
                again.append(item)
            else:
                if result is not None and result.kind == "written":
                    self.found.add(place)  # it was done some time before its answer was lost
                clear.append(found_out(outcome, result))
        clear.sort(key=lambda outcome: order[(outcome.seq, outcome.step)])
        return Resolved(clear, again, None)


def _place(outcome: Outcome) -> Place:
    return outcome.seq, outcome.step
