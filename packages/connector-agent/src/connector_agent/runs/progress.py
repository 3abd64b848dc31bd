"""A run that is being executed, as whoever watches it sees it."""

from collections.abc import Callable
from dataclasses import dataclass

from connector_agent.runs.counts import Counts
from connector_agent.runs.run import Run


@dataclass(slots=True)
class Progress:
    """A run that is being executed, for whoever watches it. `counts` changes as it goes;
    `total` is about how many records there are, None when nobody knows; `resumed` says that
    the run was begun before; `environment` is the project's that it was begun in."""

    run: Run
    counts: Counts
    total: int | None
    resumed: bool
    stop: Callable[[], None]
    environment: str = ""


Watch = Callable[[Progress], None]
