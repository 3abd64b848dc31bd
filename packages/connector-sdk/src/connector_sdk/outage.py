"""Notices that the target does nothing any more, whatever it is sent."""

from collections.abc import Sequence

from connector_sdk.record import Outcome, Problem

MOST = 10
"""Failures in a row, none of them the record's fault, that are taken for an outage."""

OUT = "target_failing"
"""The code of the problem that says so."""


class Outage:
    """Holds failures back until something succeeds: then they were single ones. With MOST of
    them in a row the target is out, and their records stay pending."""

    def __init__(self) -> None:
        self._held: list[Outcome] = []

    def pass_on(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Of outcomes in the order in which they came, those that may be stored now: all up to
        the last that is no failure. The others are held."""
        waiting = [*self._held, *outcomes]
        last = 0
        for place, outcome in enumerate(waiting, start=1):
            if outcome.kind not in ("failed", "unknown"):
                last = place
        self._held = waiting[last:]
        return waiting[:last]

    def given_up(self) -> list[Outcome]:
        """Everything that is held, to be stored after all: the run is over."""
        held, self._held = self._held, []
        return held

    def problem(self) -> Problem | None:
        """What to say where the target is out."""
        if len(self._held) < MOST:
            return None
        last = self._held[-1].problem
        why = f" The last time: {last.message}" if last is not None else ""
        return Problem(
            OUT,
            f"The target failed {len(self._held)} times in a row, through no fault of the "
            f"records.{why}",
            "Wait until the target works again, then send what was not written once more.",
            request_id=last.request_id if last is not None else "",
        )
