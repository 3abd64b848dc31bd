"""What an error of a database means: which record, which setting, or whose outage."""

from connector_sdk import (
    ConnectorError,
    CredentialError,
    Problem,
    SettingError,
    TargetFullError,
    UnreachableError,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchTableError,
    SQLAlchemyError,
    StatementError,
)

_MYSQL_ROW = {1644, 3819, 4025}
"""A trigger that signals, and check constraints: no class of the driver says so."""
_LONGEST = 300
"""Characters of what a database said."""
_FULL_STATES = ("53100",)
_FULL = ("disk is full", "no space left")
_DENIED_STATES = ("28000", "28P01", "42501")
_DENIED = (
    "readonly database",
    "access denied",
    "login failed",
    "authentication failed",
    "no pg_hba.conf entry",
    'role "',
)


def is_of_row(error: SQLAlchemyError) -> bool:
    """Whether the row itself is to blame, so that others can be written without it."""
    if isinstance(error, IntegrityError | DataError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return False
        state = _state(error)
        # Data exceptions, constraints, and what triggers raise.
        if state[:2] in ("22", "23", "44") or state == "P0001":
            return True
        arguments: tuple[object, ...] = getattr(error.orig, "args", ())
        return bool(arguments) and arguments[0] in _MYSQL_ROW
    # The driver could not even send the value.
    return isinstance(error, StatementError) and error.orig is not None


def told(error: SQLAlchemyError) -> str:
    """The first line of what the database said; neither statement nor parameters."""
    cause = getattr(error, "orig", None) or error
    arguments: tuple[object, ...] = getattr(cause, "args", ())
    text = str(arguments[-1] if len(arguments) > 1 else cause)
    text = text.rpartition("FATAL:")[2]  # PostgreSQL's own words, after those of the driver
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0].rstrip(".")[:_LONGEST] if lines else type(cause).__name__


def refusal(error: SQLAlchemyError) -> Problem:
    """Why the database did not take a row."""
    cause = getattr(error, "orig", None)
    diagnostics = getattr(cause, "diag", None)
    code = "constraint_violated" if isinstance(error, IntegrityError) else "value_refused"
    column = getattr(diagnostics, "column_name", None) or ""
    return Problem(
        code,
        f"The database refused the row: {told(error)}.",
        "Correct the record, or what the mapping makes of it.",
        path=column,
        type=_state(error),
    )


def error_of(error: SQLAlchemyError, engine: Engine) -> ConnectorError:
    """The error of the contract for what concerns more than one row."""
    name = engine.dialect.name
    said = told(error).replace(engine.url.password or "\0", "***")
    state, text = _state(error), said.lower()
    if isinstance(error, NoSuchTableError):
        return SettingError(
            Problem("no_such_table", f"There is no table {said!r}.", "Correct `on`.", path="on")
        )
    if state in _FULL_STATES or any(words in text for words in _FULL):
        return TargetFullError(
            Problem("database_full", f"The database has no room: {said}.", "Make room, resume.")
        )
    if state in _DENIED_STATES or any(words in text for words in _DENIED):
        return CredentialError(
            Problem(
                "database_denied",
                f"The database doesn't allow it: {said}.",
                "Correct user and password, or grant the user what is missing.",
                path="url",
            )
        )
    if _is_outage(error, name):
        locked = "locked" in text
        return UnreachableError(
            Problem(
                "database_locked" if locked else "database_unreachable",
                f"Another process holds the database: {said}."
                if locked
                else f"The database does not answer: {said}.",
                "Wait until it has finished, then resume."
                if locked
                else "Check that it runs and that host, port and database are right, then resume.",
                path="url",
            )
        )
    return SettingError(
        Problem(
            "statement_refused",
            f"The database refused the statement: {said}.",
            "Correct the settings of the activity, or the table.",
        )
    )


def _is_outage(error: SQLAlchemyError, name: str) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error)
    if error.connection_invalidated or state[:2] in ("08", "40", "53", "55", "57", "58"):
        return True
    kind = type(error).__name__
    if name == "sqlite":
        text = str(error.orig).lower()
        return "locked" in text or "unable to open" in text or "disk i/o" in text
    return kind in ("OperationalError", "InterfaceError") and not state.startswith(("42", "22"))


def _state(error: SQLAlchemyError) -> str:
    """The SQLSTATE, where the driver gives one."""
    cause = getattr(error, "orig", None)
    state = getattr(cause, "sqlstate", None)
    if state:
        return str(state)
    arguments = getattr(cause, "args", ())
    first = arguments[0] if arguments else ""
    return first if isinstance(first, str) and len(first) == 5 and first.isalnum() else ""
