"""What an activity is going to call, told before it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector_sdk.record import JSON


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One kind of call: what is called, for people ("GET /v1/contacts"), with which
    parameters, and how many times; None where that shows only when it is done."""

    call: str
    parameters: Mapping[str, JSON] = field(default_factory=dict)
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an activity is going to do. `calls` are in their order; `lines` say all of it to a
    person, one fact a line. `fresh` is False where a source may not see what was just written.
    """

    calls: tuple[PlannedCall, ...] = ()
    lines: tuple[str, ...] = ()
    fresh: bool = True

    @property
    def expected(self) -> int | None:
        """All calls together; None where one of them isn't known."""
        counts = [call.expected for call in self.calls]
        return None if None in counts else sum(count for count in counts if count is not None)
