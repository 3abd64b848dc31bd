"""Every error that a connector or its runner raises on purpose, grouped by what to do about it.

ConnectorError
├── SettingError          correct a setting, a name or a file of the project
├── CredentialError       mend the key, its permissions, the account or the version;
│                         a run stops and keeps its records pending
├── UnreachableError      nobody answered: look at the network, then go on;
│                         a run stops and keeps its records pending
├── SourceChangedError    the source is no longer what the cursor was taken from; read it anew
├── TargetFullError       the place that is written to takes no more; make room, then go on
├── TargetLostError       what a run wrote so far is gone or changed; it is written from its start
├── RefusedError          one request was declined for good; correct the request
├── FailedError           one request was not done, for a reason outside of it; send it again
└── UncertainError        one request may or may not have been done; look before sending it again
"""

from connector_sdk.record import Problem


class ConnectorError(Exception):
    """Carries the Problem that says what happened, where and what to do. `maybe_done` says that an
    attempt before the one that raised it may have done the write."""

    maybe_done = False

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return self.problem.text()


class SettingError(ConnectorError):
    """A setting, a name or a file is wrong. `problems` holds all that were found at once."""

    def __init__(self, problem: Problem, *more: Problem) -> None:
        super().__init__(problem)
        self.problems = (problem, *more)

    def __str__(self) -> str:
        return "\n".join(_told(problem) for problem in self.problems)


def _told(problem: Problem) -> str:
    """The problem and, where its place in a text is known, that text with a mark."""
    marked = "".join(f"\n  {line}" for line in problem.pointed().splitlines())
    return f"{problem.text()}{marked}"


class CredentialError(ConnectorError):
    """The other system does not accept who we are or what we may do."""


class UnreachableError(ConnectorError):
    """The other system did not answer at all."""


class SourceChangedError(ConnectorError):
    """What stands before the cursor is not what was read there."""


class TargetFullError(ConnectorError):
    """There is no room left where the target writes."""


class TargetLostError(ConnectorError):
    """What stands before the position of a target is gone, or is not what was written there."""


class RefusedError(ConnectorError):
    """The other system declined one request for good."""


class FailedError(ConnectorError):
    """One request was not done, and could be if it is sent again later."""


class UncertainError(ConnectorError):
    """A request was sent and no final answer came: it may or may not have been done. `refused`
    says that the last attempt was declined, after one whose answer was lost."""

    def __init__(self, problem: Problem, *, refused: bool = False) -> None:
        super().__init__(problem)
        self.refused = refused
