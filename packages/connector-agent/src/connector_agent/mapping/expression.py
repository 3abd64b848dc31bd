"""JSONata expressions, evaluated in a worker process with a deadline and a memory limit."""

import os
import pathlib
import select
import struct
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
import psutil
from connector_sdk import JSON
from connector_sdk.path import Path

from connector_agent.mapping.number_text import with_numbers
from connector_agent.mapping.value import ABSENT, Value

SECONDS = 1.0
"""How long one evaluation may take."""
MEGABYTES = 256
"""How much memory the worker may take beside what it needs for itself."""

TOO_LONG, TOO_BIG = "expression_too_long", "expression_too_big"

_WORKER = pathlib.Path(__file__).with_name("expression_worker.py")
_STARTING = 20.0
_WATCHED = not hasattr(psutil.Process, "rlimit")
"""Whether this system sets no limit of memory for a process, so that we have to watch it."""
_LOOK = 0.02
"""Seconds between two looks at the memory of a worker that is watched."""


class ExpressionFault(NamedTuple):
    """Why an expression has no value; `at` is a place in its text, counted from 1, 0 where
    that is not known."""

    code: str
    message: str
    at: int = 0


class Reads(NamedTuple):
    """The fields that an expression names: paths into what it is evaluated on, and `whole`
    ones into the record that this is a part of."""

    own: tuple[Path, ...] = ()
    whole: tuple[Path, ...] = ()


class Expressions:
    """Some expressions and the process that evaluates them. The process starts with the first
    use, is replaced when an evaluation takes too much time or memory, and ends with `close`.
    Use it in one thread at a time."""

    def __init__(
        self, texts: Sequence[str], seconds: float = SECONDS, megabytes: int = MEGABYTES
    ) -> None:
        self._texts: list[JSON] = list(texts)
        self._seconds = seconds
        self._megabytes = megabytes
        self._looked: list[ExpressionFault | Reads] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._memory: _Memory | None = None
        self._end: weakref.finalize[Any, Any] | None = None

    def faults(self) -> list[ExpressionFault | None]:
        """For each expression what is wrong with its text, or None."""
        return [each if isinstance(each, ExpressionFault) else None for each in self._look()]

    def reads(self) -> list[Reads]:
        """For each expression the fields that it names; none for one that is faulty."""
        return [each if isinstance(each, Reads) else Reads() for each in self._look()]

    def evaluate(self, numbers: Sequence[int], record: JSON) -> list[Value | ExpressionFault]:
        """The values of these expressions for a record: ABSENT where one gives nothing, None
        where it gives null."""
        return self.evaluate_each([(number, 0) for number in numbers], [record], record)

    def evaluate_each(
        self, runs: Sequence[tuple[int, int]], elements: Sequence[JSON], record: JSON
    ) -> list[Value | ExpressionFault]:
        """The same for parts of a record, which is `$record` there. Each of `runs` is the
        number of an expression and that of an element. Texts know the numbers that were made
        text on the way."""
        whole = len(elements) == 1 and elements[0] is record
        given: dict[str, JSON] = {"elements": [*elements]}
        if not whole:
            given["record"] = record
        found: list[Value | ExpressionFault] = []
        while len(found) < len(runs):
            if self._process is None:
                self._start()
            left = runs[len(found) :]
            try:
                self._send({"runs": [[*run] for run in left], **given})
                for _ in left:
                    found.append(self._value(self._receive(self._seconds)))
                    if _is_spent(found[-1]):
                        self._kill()
                        break
            except TimeoutError:
                self._kill()
                message = f"it took longer than {self._seconds:g} s"
                found.append(ExpressionFault(TOO_LONG, message))
            except EOFError:
                self._kill()
                found.append(self._too_big())
            except BaseException:
                self._kill()  # its answers that were not taken are those of this record
                raise
        return found

    def close(self) -> None:
        """Ends the process. May be called twice; a later use starts a new one."""
        self._kill()

    def _look(self) -> "list[ExpressionFault | Reads]":
        if self._looked is None:
            self._start()
        return list(self._looked or ())

    def _value(self, answer: dict[str, Any]) -> Value | ExpressionFault:
        if answer.get("code") == TOO_BIG:
            return self._too_big()
        if "code" in answer:
            return ExpressionFault(**answer)
        return with_numbers(answer.get("value", ABSENT), tuple(answer.get("numbers", ())))

    def _too_big(self) -> ExpressionFault:
        return ExpressionFault(TOO_BIG, f"it needs more than {self._megabytes} MB")

    def _start(self) -> None:
        process = subprocess.Popen(  # noqa: S603 - our own file, no shell
            [sys.executable, "-I", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={},  # nothing of the environment, keys least of all
            start_new_session=True,  # Ctrl-C is for the run, which ends it
        )
        self._process = process
        self._end = weakref.finalize(self, _end, process)
        self._send(
            {
                "seconds": self._seconds,
                "megabytes": self._megabytes,
                "expressions": self._texts,
            }
        )
        self._looked = [
            ExpressionFault(**each)
            if "code" in each
            else Reads(*(tuple(tuple(path) for path in each[part]) for part in Reads._fields))
            for each in self._receive(_STARTING)
        ]
        if _WATCHED:
            self._memory = _Memory(process.pid, self._megabytes)

    def _kill(self) -> None:
        if self._end is not None:
            self._end()
        self._process = None
        self._memory = None

    def _send(self, value: JSON) -> None:
        data = orjson.dumps(value)
        process = self._process
        if process is None or process.stdin is None:
            raise EOFError
        try:
            process.stdin.write(struct.pack(">I", len(data)) + data)
            process.stdin.flush()
        except BrokenPipeError:
            raise EOFError from None

    def _receive(self, seconds: float) -> Any:
        deadline = time.monotonic() + seconds
        (length,) = struct.unpack(">I", self._read(4, deadline))
        return orjson.loads(self._read(length, deadline))

    def _look_at_memory(self) -> None:
        """Raises EOFError, as the end of the worker would, where it has taken too much."""
        if self._memory is None:
            return
        try:
            over = self._memory.is_over()
        except psutil.Error:
            return  # it has ended, which reading shows
        if over:
            raise EOFError

    def _read(self, count: int, deadline: float) -> bytes:
        process = self._process
        if process is None or process.stdout is None:
            raise EOFError
        file = process.stdout.fileno()
        parts: list[bytes] = []
        while count:
            left = max(0.0, deadline - time.monotonic())
            pause = left if self._memory is None else min(left, _LOOK)
            ready, _, _ = select.select([file], [], [], pause)
            if not ready and pause == left:
                raise TimeoutError
            if not ready:
                self._look_at_memory()
                continue
            part = os.read(file, count)
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class _Memory:
    """The memory of a process, and how much it may have: `megabytes` more than now."""

    def __init__(self, pid: int, megabytes: int) -> None:
        self._process = psutil.Process(pid)
        self._ceiling = self._process.memory_info().rss + megabytes * 1024 * 1024

    def is_over(self) -> bool:
        """Raises psutil.Error where the process has ended."""
        return self._process.memory_info().rss > self._ceiling


def _is_spent(found: Value | ExpressionFault) -> bool:
    """Whether the process that answered so is of no more use: its memory is full of what was
    given up."""
    return isinstance(found, ExpressionFault) and found.code in (TOO_LONG, TOO_BIG)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # what could not be sent any more
