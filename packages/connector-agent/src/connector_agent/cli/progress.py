"""Progress of a run: a live line on a terminal, plain lines elsewhere, or JSON."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from connector_agent.cli.output import err, mode_text, print_json
from connector_agent.runs.run import Progress, Run

PLAIN_SECONDS = 5.0
LIVE_SECONDS = 0.2


class Display:
    """The display of one run. Call `show` often; it limits how much it prints."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._progress: Progress | None = None
        self._started = time.monotonic()
        self._settled = 0
        self._printed = self._started
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[text]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=err,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, text="")
        self._live = err.is_terminal and not as_json

    @property
    def progress(self) -> Progress | None:
        """The run shown, once it has begun."""
        return self._progress

    def frame(self) -> AbstractContextManager[object]:
        """The context in which the live line is shown."""
        return self._bar if self._live else nullcontext()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hides the live line while a question is asked."""
        if self._live:
            self._bar.stop()
        yield
        if self._live:
            self._bar.start()

    def begin(self, progress: Progress) -> None:
        """A run begins or is resumed."""
        run = progress.run
        self._progress = progress
        self._started = time.monotonic()
        self._settled = progress.counts.settled
        if self._as_json:
            print_json(
                {
                    "event": "begin",
                    "run": run.id,
                    "operation": run.operation,
                    "resumed": progress.resumed,
                    "scope": run.scope,
                    "mode": run.mode,
                    "environment": progress.environment,
                    "total": progress.total,
                }
            )
            return
        where = "" if run.mode == "none" else f" on {run.scope.partition('/')[0]} "
        if progress.environment:
            where = f", environment {progress.environment}{where}"
        err.print(f"{run.operation}: run {run.id}{where}", mode_text(run.mode), sep="")
        if progress.resumed:
            err.print(
                f"Continuing an unfinished run as it was stored; "
                f"{self._settled:,} records are settled."
            )

    def rate(self, ended: Run | None = None) -> float:
        """Records settled per second by this process so far; for an ended run, over its time."""
        progress = self._progress
        if progress is None:
            return 0.0
        elapsed = time.monotonic() - self._started
        if ended is not None:
            elapsed = ended.seconds - progress.run.seconds
        return (progress.counts.settled - self._settled) / max(elapsed, 1e-6)

    def show(self) -> None:
        progress = self._progress
        if progress is None:
            return
        counts = progress.counts
        text = f"{counts.settled:,} settled, {counts.problems:,} problems, {self.rate():,.0f}/s"
        if self._live:
            self._bar.update(
                self._task,
                description=progress.run.operation,
                total=progress.total,
                completed=counts.settled,
                text=text,
            )
            return
        if time.monotonic() - self._printed < PLAIN_SECONDS:
            return
        self._printed = time.monotonic()
        if self._as_json:
            print_json({"event": "progress", "rate": round(self.rate(), 1), **counts.as_dict()})
        else:
            err.print(f"{text}{self._left(progress)}")

    def _left(self, progress: Progress) -> str:
        rate = self.rate()
        if progress.total is None or rate <= 0 or progress.total <= progress.counts.settled:
            return ""
        return f", about {(progress.total - progress.counts.settled) / rate:,.0f} s left"
