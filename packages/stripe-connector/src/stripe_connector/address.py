"""Where the connection's Stripe answers: Stripe's own address, a given one, or the embedded
sandbox, which is found or started."""

import asyncio
import os
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path

import msgspec
from connector_sdk import (
    ConnectorError,
    MemoryHost,
    Problem,
    UnreachableError,
    private_file,
    private_folder,
)

from stripe_connector.catalogue import load
from stripe_connector.client import Client, Settings

SANDBOX = "sandbox"
"""The setting `address` that means the embedded sandbox."""

SANDBOX_KEY = "sk_test_sandbox"
"""The key with which the embedded sandbox is asked when the connection names none."""

IDLE = 120
"""Seconds without a request after which a sandbox that we started ends by itself."""

_DEADLINE = 20.0
_PAUSE = 0.05
_TAKEN = 3  # exit status of a sandbox whose data another one serves
_started: set[subprocess.Popen[bytes]] = set()


class _Announced(msgspec.Struct):
    address: str
    pid: int


def is_loopback(address: str) -> bool:
    """Whether a URL leads to this machine."""
    return bool(address) and Settings("", address=address).local("api")


async def sandbox_address(state: Path) -> str:
    """The address of the sandbox that serves the data in the folder `state`; started if none
    does. It outlives this process and ends by itself once nobody asks it any more. Raises
    UnreachableError with the end of its log when it doesn't come up."""
    announce = state / "sandbox.json"
    found = await _serving(announce)
    if found:
        return found
    await asyncio.to_thread(private_folder, state, narrow=True)
    process = _start(state, announce)
    deadline = asyncio.get_running_loop().time() + _DEADLINE
    while asyncio.get_running_loop().time() < deadline:
        found = await _serving(announce)
        if found:
            return found
        if process.poll() not in (None, _TAKEN):
            break
        await asyncio.sleep(_PAUSE)
    raise UnreachableError(_did_not_start(state, process.poll()))


async def answers(address: str) -> bool:
    """Whether something at this address speaks Stripe's API."""
    catalogue = load()
    settings = Settings(SANDBOX_KEY, catalogue.api_version, address=address, timeout=3.0, retries=0)
    client = Client(settings, MemoryHost())
    try:
        await client.send(catalogue.api_calls["accounts.retrieve_current"], {})
    except ConnectorError:
        return False
    finally:
        await client.close()
    return True


async def _serving(announce: Path) -> str:
    """The announced address if its process lives and it answers, else ""."""
    announced = _announced(announce)
    if announced is None or not _lives(announced.pid) or not await answers(announced.address):
        return ""
    return announced.address


def _announced(announce: Path) -> _Announced | None:
    try:
        return msgspec.json.decode(announce.read_bytes(), type=_Announced)
    except (OSError, msgspec.DecodeError):
        return None


def _lives(pid: int) -> bool:
    for process in list(_started):
        if process.poll() is not None:  # else it stays a zombie, which looks alive
            _started.discard(process)
    import psutil

    return psutil.pid_exists(pid)


def _start(state: Path, announce: Path) -> subprocess.Popen[bytes]:
    log_file = private_file(state / "sandbox.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with os.fdopen(log_file, "ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [
                sys.executable,
                "-m",
                "stripe_connector.sandbox.command",
                "--data",
                str(state / "sandbox.db"),
                "--announce",
                str(announce),
                "--idle",
                str(IDLE),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.add(process)
    return process


def _did_not_start(state: Path, status: int | None) -> Problem:
    path = state / "sandbox.log"
    lines: deque[str] = deque(maxlen=3)
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as log:
        lines.extend(line.strip() for line in log if line.strip())
    how = f"ended with status {status}" if status else f"did not answer within {_DEADLINE:g} s"
    last = f" Its log ends: {' | '.join(lines)}" if lines else ""
    return Problem(
        "sandbox_not_started",
        f"The embedded sandbox {how}.{last}".removesuffix(".") + ".",
        f"Look into {path.name} beside the project's state, or start `stripe-sandbox` yourself "
        "and set its address.",
        path="address",
    )
