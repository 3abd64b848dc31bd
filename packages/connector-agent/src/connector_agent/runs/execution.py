"""What an execution of a run is made of, and when it has to stop."""

import asyncio
import time
from dataclasses import dataclass

from connector_sdk import MemoryHost, Problem, Source, Target

from connector_agent.project.operation import Options
from connector_agent.runs.counts import Counts
from connector_agent.runs.ledger import Ledger
from connector_agent.runs.log import RunLog
from connector_agent.runs.results import Results
from connector_agent.runs.stage import Stage
from connector_agent.store import Database


class Halt(Exception):  # noqa: N818 - it ends a run on purpose and is no fault of the program
    """The run must not go on; `problem` says why, its records stay pending."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(slots=True)
class Parts:
    """Everything that an execution works with. `counts` is shared with whoever shows the
    progress and changes as the run goes; `started` is a reading of time.monotonic(). With
    `resend` a person said that calls whose fate an earlier run left open are sent again."""

    database: Database
    ledger: Ledger
    log: RunLog
    host: MemoryHost
    source: Source
    target: Target
    stage: Stage
    options: Options
    counts: Counts
    results: Results
    started: float
    resend: bool = False

    def now(self) -> tuple[float, bool]:
        """Unix seconds, and whether they are by the target's clock: otherwise by this
        machine's, which may be wrong."""
        moment = self.target.clock()
        return (time.time(), False) if moment is None else (moment, True)

    def seconds(self) -> float:
        """Time spent executing this run, earlier executions included."""
        return self.ledger.run.seconds + time.monotonic() - self.started


class Turns:
    """Gives the event loop its turn while a source or a target works on without ever waiting,
    so that outcomes are stored and a stop is noticed."""

    SECONDS = 0.01

    def __init__(self) -> None:
        self._last = time.monotonic()

    async def give(self) -> None:
        """Lets the loop run once, if it didn't for a while."""
        if time.monotonic() - self._last >= self.SECONDS:
            await asyncio.sleep(0)
            self._last = time.monotonic()


class Pulse:
    """Says when the next checkpoint is due: every 1,000 records or 2 seconds."""

    RECORDS = 1000
    SECONDS = 2.0

    def __init__(self, settled: int) -> None:
        self._settled = settled
        self._moment = time.monotonic()

    def due(self, settled: int) -> bool:
        """Whether it is time, with all records up to `settled` settled."""
        if settled == self._settled:
            return False
        return (
            settled - self._settled >= self.RECORDS
            or time.monotonic() - self._moment >= self.SECONDS
        )

    def taken(self, settled: int) -> None:
        """Notes a checkpoint."""
        self._settled = settled
        self._moment = time.monotonic()


class ProblemWatch:
    """Ends a run that has more problems than its operation allows. Counts from the start of
    this execution: a person who resumes a stopped run has seen the problems before."""

    def __init__(self, options: Options, counts: Counts) -> None:
        self._options = options
        self._counts = counts
        self._before = counts.problems

    def check(self) -> None:
        """Raises Halt when it is enough."""
        problems = self._counts.problems - self._before
        if problems and self._options.on_problem == "stop":
            raise Halt(
                Problem(
                    "stopped_on_problem",
                    "The run stopped at a problem, as the operation says (on_problem: stop).",
                    "Look at it with 'connector outcomes', then run 'connector resume'.",
                )
            )
        ceiling = self._options.stop_after_problems
        if ceiling and problems >= ceiling:
            raise Halt(
                Problem(
                    "too_many_problems",
                    f"The run stopped after {problems} problems (stop_after_problems: {ceiling}).",
                    "Look at them with 'connector outcomes', then run 'connector resume'.",
                )
            )
