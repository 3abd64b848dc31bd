"""How the command line prints and asks. Results go to standard output, the rest to stderr."""

import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
import typer
from connector_sdk import IRREVERSIBLE, ConnectorError, Problem, SettingError, visible, visible_json
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from connector_agent.runs.outcome_table import problem_json

if TYPE_CHECKING:
    from rich.table import Table

    from connector_agent.operations.guard import Question


_WIDE = 200
"""Width of a table that goes to a file or another program, which must not fold."""


class _Console(Console):
    """Prints any input as plain text: no escape sequence or Rich markup of a record, answer or
    file name takes effect."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


def _console(**settings: Any) -> Console:
    return _Console(soft_wrap=True, highlight=False, markup=False, emoji=False, **settings)


out = _console(width=None if sys.stdout.isatty() else _WIDE)
err = _console(stderr=True)

COULD_NOT_RUN = 1
WITH_PROBLEMS = 3
INTERRUPTED = 130


def print_json(value: Any) -> None:
    """One JSON value on its own line."""
    write_json(orjson.dumps(value).decode() + "\n")
    sys.stdout.flush()


def write_json(text: str) -> None:
    """JSON, byte for byte for programs, escaped on a terminal."""
    sys.stdout.write(visible_json(text) if sys.stdout.isatty() else text)


def write_text(text: str) -> None:
    """Text, byte for byte for programs; on a terminal control characters are made visible."""
    sys.stdout.write(visible(text.replace("\r\n", "\n")) if sys.stdout.isatty() else text)


def problem_text(problem: Problem) -> Text:
    """A problem for people: what happened, where, what to do."""
    text = Text()
    if problem.warning:
        text.append("warning: ", style="yellow")
    else:
        text.append("error: ", style="bold red")
    text.append(on_line(problem.message))
    for label, part in (
        ("at", problem.line),
        ("record", problem.at),
        ("field", "" if problem.path.startswith("mapping[") else problem.path),
        ("request", problem.request_id),
    ):
        if part and part not in problem.message:
            text.append(f"\n  {label}: ", style="dim")
            text.append(on_line(part))
    for line in problem.pointed().splitlines():
        text.append(f"\n    {visible(line)}", style="cyan")
    if problem.remedy:
        text.append("\n  next: ", style="dim")
        text.append(on_line(problem.remedy))
    return text


def on_line(text: str) -> str:
    """Foreign text as part of one line: its line ends can't pass for ours."""
    return visible(" ".join(text.splitlines()), one_line=True)


def fail(error: ConnectorError, *, as_json: bool = False) -> NoReturn:
    """Prints why nothing could run, and ends the command."""
    problems: Sequence[Problem] = (
        error.problems if isinstance(error, SettingError) else (error.problem,)
    )
    if as_json:
        print_json({"event": "error", "problems": [problem_json(one) for one in problems]})
    else:
        for problem in problems:
            err.print(problem_text(problem))
    raise typer.Exit(COULD_NOT_RUN)


def mode_text(mode: str) -> Text:
    """The mode of a connection, with live mode highlighted."""
    if mode == "live":
        return Text("LIVE", style="bold white on red")
    return Text("" if mode == "none" else mode, style="dim")


def moment(seconds: float) -> str:
    """A point in time as people read it, in the zone of the machine."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def span(seconds: float) -> str:
    """A duration for people."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


_GAP = 2
_WHOLE = ("run", "id", "status", "outcome", "started")


def table(*columns: str) -> "Table":
    """An empty table in the house style."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in _WHOLE)
    return made


def in_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> "Text | Table":
    """Rows as a table; shorter rows are headings. Where all fits it is a Text that looks the
    same, since Rich takes long to lay out hundreds of rows."""
    rows = [tuple(map(on_line, row)) for row in rows]
    widths = [
        max(cell_len(row[at]) for row in (names, *rows) if at < len(row))
        for at in range(len(names))
    ]
    if sum(widths) + _GAP * (len(names) - 1) > out.width:
        made = table(*names)
        for row in rows:
            made.add_row(*(Text(cell, _style(row, names)) for cell in row))
        return made
    text = Text()
    for at, row in enumerate((names, *rows)):
        cells = (
            cell + " " * (width - cell_len(cell) + _GAP)
            for cell, width in zip(row, widths, strict=False)
        )
        text.append("\n" * bool(at))
        text.append("".join(cells).rstrip(), style="bold" if not at else _style(row, names))
    return text


def _style(row: Sequence[str], names: Sequence[str]) -> str:
    return "bold" if len(row) < len(names) else ""


def has_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def by_option(error: ConnectorError) -> ConnectorError:
    """The same error, but the remedy of an unanswered confirmation names the option."""
    if not isinstance(error, SettingError):
        return error
    return SettingError(*(_by_option(problem) for problem in error.problems))


def confirm(question: "Question") -> None:
    """Returns after a yes. Raises typer.Exit after a no."""
    err.print(mode_text("live"), question.text())
    with _interruptible():
        if typer.confirm("Continue?", default=False, err=True):
            return
    err.print("Nothing was done.")
    raise typer.Exit(COULD_NOT_RUN)


def _by_option(problem: Problem) -> Problem:
    if problem.code != IRREVERSIBLE:
        return problem
    return problem._replace(
        remedy="There is no terminal to ask on: look at what would be done, then add --yes."
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Inside, Ctrl-C ends the question, which an event loop would prevent."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
