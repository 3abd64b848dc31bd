"""The command `connector` for tests that call it often: each call is a process of its own, forked
from one that has imported what commands need. Importing takes most of the time of a short command.

    python -m tests.warm SOCKET    serves calls until its standard input ends

What tests of start, signals and crashes need is a real start: they don't use this.
"""

import gc
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
_MOST = 1 << 17
"""Bytes of a call: arguments, folder and environment as JSON."""
_PACKAGES = ("connector_sdk", "connector_agent", "stripe_connector")
_APART = ("cli", "conformance", "migrations", "sandbox", "pytest_plugin")
"""Parts that a command imports itself: the command line reads its environment then."""
_SHIM = """\
#!{python} -IS
import json, os, socket, sys
call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), ""]).encode()
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({path!r})
    socket.send_fds(server, [call], [0, 1, 2])
    server.recv(16)
    status = int(server.recv(16) or b"1")
sys.exit(status if status >= 0 else 128 - status)
"""


class Said(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def end(self) -> dict[str, Any]:
        """The last line of the output, which is JSON."""
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found


class _Server(NamedTuple):
    process: "subprocess.Popen[str]"
    folder: "TemporaryDirectory[str]"

    @property
    def path(self) -> str:
        return str(Path(self.folder.name) / "socket")


@cache
def _server() -> _Server:
    """One for each process of the tests; it ends with that."""
    folder = TemporaryDirectory(prefix="warm-")
    path = Path(folder.name) / "socket"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    shim = path.with_name("connector")
    shim.write_text(_SHIM.format(python=sys.executable, path=str(path)))
    shim.chmod(0o700)
    return _Server(process, folder)


def shim_folder() -> str:
    """A folder with a program `connector`, for the PATH of a shell."""
    return _server().folder.name


class Call:
    """A process that calls `connector`, or a `program` of the tests, in a folder, with this
    environment and no other."""

    def __init__(
        self, folder: Path, *arguments: str, environ: dict[str, str], program: Path | None = None
    ) -> None:
        name = "" if program is None else str(program)
        message = json.dumps([arguments, str(folder), environ, name]).encode()
        self._out, self._err = TemporaryFile(), TemporaryFile()  # noqa: SIM115 - until the end
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.connect(_server().path)
        with open(os.devnull) as nothing:  # noqa: PTH123 - a device
            places = [nothing.fileno(), self._out.fileno(), self._err.fileno()]
            socket.send_fds(self._server, [message], places)
        self.pid = int(self._server.recv(16))

    def kill(self) -> None:
        """Ends it as a crash does."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> Said:
        """What it said at its end."""
        with self._server, self._out, self._err:
            status = int(self._server.recv(16))
            self._out.seek(0)
            self._err.seek(0)
            return Said(status, self._out.read().decode(), self._err.read().decode())


def call(
    folder: Path, *arguments: str, environ: dict[str, str], program: Path | None = None
) -> Said:
    """Calls it, to its end."""
    return Call(folder, *arguments, environ=environ, program=program).wait()


def _preload() -> None:
    for name in ("aiohttp", "rich.progress", "rich.table", "ruamel.yaml", "typer._adapters"):
        import_module(name)
    import_module("sqlalchemy.dialects.sqlite.aiosqlite")
    for package in map(import_module, _PACKAGES):
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if not {*_APART} & {*found.name.split(".")}:
                import_module(found.name)


def _serve(path: str) -> list[str]:
    """Serves until standard input ends; in the process of a call it returns what to run."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen(64)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                os._exit(0)
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, places, _, _ = socket.recv_fds(connection, _MOST, 3)
    child = os.fork()
    if child:
        connection.send(b"%d" % child)
        _, status = os.waitpid(child, 0)
        connection.send(b"%d" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    connection.close()
    arguments, folder, environ, program = json.loads(message)
    for number, place in enumerate(places):
        os.dup2(place, number)
        os.close(place)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.path[:0] = filter(None, environ.get("PYTHONPATH", "").split(":"))
    random.seed()
    return [program or "connector", *arguments]


if __name__ == "__main__":
    _preload()
    gc.freeze()
    sys.argv = _serve(sys.argv[1])
    __package__ = ""  # a usage line names the program by this, or by argv[0]
    if sys.argv[0] == "connector":
        from connector_agent.cli.app import main

        main()
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
