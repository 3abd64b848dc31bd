"""One process per operation: a lock that ends with its holder, however that ends."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from connector_sdk import Problem, SettingError, private_file, private_folder
from filelock import lock_descriptor

from connector_agent.store.database import unwritable

BUSY = "already_running"


class OperationLock:
    """Held while a process runs the operation. Raises SettingError on entry when another process
    holds it, and when its folder can't be written."""

    def __init__(self, folder: Path, operation: str) -> None:
        self._operation = operation
        # The name itself may hold anything a file system dislikes.
        digest = hashlib.sha256(operation.casefold().encode()).hexdigest()[:16]
        self._path = folder / f"{digest}.lock"
        self._file: int | None = None

    def __enter__(self) -> "OperationLock":
        try:
            private_folder(self._path.parent)
            handle = private_file(self._path)
        except OSError as error:
            raise unwritable(self._path, error, "lock") from error
        try:
            taken = lock_descriptor(handle, blocking=False)
        except OSError as error:
            os.close(handle)
            raise unwritable(self._path, error, "lock") from error
        if not taken:
            holder = _note(handle)
            os.close(handle)
            who = f" (process {holder})" if holder else ""
            raise SettingError(
                Problem(
                    BUSY,
                    f"The operation {self._operation!r} is being run by another process{who}.",
                    "Wait until it has ended; 'connector runs' shows how far it is.",
                )
            )
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._file = handle
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


@contextmanager
def all_held(folder: Path) -> Iterator[None]:
    """Blocks every operation that ever ran. Raises SettingError while one runs."""
    with ExitStack() as held:
        for path in sorted(folder.glob("*.lock")):
            handle = os.open(path, os.O_RDWR)
            held.callback(os.close, handle)
            if not lock_descriptor(handle, blocking=False):
                raise SettingError(
                    Problem(
                        BUSY,
                        "An operation of this project is being run by another process.",
                        "Wait until it has ended; 'connector runs' shows how far it is.",
                    )
                )
        yield


def _note(handle: int) -> str:
    """The holder's process id in the file; "" where it can't be read."""
    with suppress(OSError):  # on Windows a locked file can't be read either
        return os.read(handle, 32).decode("ascii", "replace").strip()
    return ""


def is_held(folder: Path, operation: str) -> bool:
    """Whether a living process runs this operation."""
    try:
        with OperationLock(folder, operation):
            return False
    except SettingError as error:
        return error.problem.code == BUSY
