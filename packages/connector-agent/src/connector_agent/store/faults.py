"""What SQLite and the disk refuse, told with what to do about it."""

import errno
from pathlib import Path

from connector_sdk import ConnectorError, Problem, SettingError, TargetFullError

from connector_agent.store.loss import damaged

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def fault_of(path: Path, cause: BaseException | None, waited: float) -> ConnectorError:
    """The error for what the database said; `waited` is how many seconds it waits for a lock."""
    name = str(getattr(cause, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return _full(path, cause)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return SettingError(
            Problem(
                "ledger_busy",
                f"Another process kept the ledger {path} locked for {waited:.0f} seconds.",
                "End it, or wait until it has ended.",
            )
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return SettingError(damaged(path, cause))
    return SettingError(_closed(path, cause))


def unwritable(path: Path, error: OSError, what: str = "ledger") -> ConnectorError:
    """The error for a file that belongs to a ledger and that the disk refuses."""
    if error.errno in _FULL:
        return _full(path, error.strerror, what)
    return SettingError(_closed(path, error.strerror or error, what))


def _full(path: Path, cause: object, what: str = "ledger") -> TargetFullError:
    return TargetFullError(
        Problem(
            "disk_full",
            f"The {what} {path} can't grow: {cause}.",
            "Make room on that disk, then go on with 'connector resume'.",
        )
    )


def _closed(path: Path, cause: object, what: str = "ledger") -> Problem:
    return Problem(
        "ledger_unwritable",
        f"The {what} {path} can't be used: {cause}.",
        f"Look at the owner and the permissions of {path.parent} and of what is in it, and whether "
        "its disk is mounted read-only; then do the same again.",
    )
