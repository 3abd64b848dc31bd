"""Asks a person before a live account is changed in a way that moves money or can't be undone."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from connector_sdk import IRREVERSIBLE, ConnectorError, Problem, SettingError

from connector_agent.cli.output import COULD_NOT_RUN, err, mode_text
from connector_agent.operations.guard import Question


def has_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def by_option(error: ConnectorError) -> ConnectorError:
    """The same error; the remedy of what nobody could be asked for names the option."""
    if not isinstance(error, SettingError):
        return error
    return SettingError(*(_by_option(problem) for problem in error.problems))


def confirm(question: Question) -> None:
    """Comes back after a yes. Raises typer.Exit after a no."""
    err.print(mode_text("live"), question.text())
    with _interruptible():
        if typer.confirm("Go on?", default=False, err=True):
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
    """Inside, Ctrl-C ends the question; an event loop would keep it until there is an answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
