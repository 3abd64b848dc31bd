"""`stripe-sandbox`: serves the sandbox until it is stopped."""

import argparse
import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson
from connector_sdk import private_file

from stripe_connector.sandbox.access import UnknownPermissionError
from stripe_connector.sandbox.journal import AlreadyServedError
from stripe_connector.sandbox.server import Sandbox
from stripe_connector.sandbox.store import Searching

_STOPPED = 0
_FAILED = 1
_USAGE = 2
_TAKEN = 3
_CHECK_SECONDS = 0.25
"""Seconds, at most."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 after a stop, 1 if it could not serve, 2 for wrong arguments, 3 if another
    process serves the same file."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except AlreadyServedError as error:
        return _complain(f"{error} Use that one, or another --data file.", _TAKEN)
    except sqlite3.DatabaseError as error:
        return _complain(
            f"{options.data} can't be used as the state of a sandbox: {error}. Give a file that "
            "a sandbox wrote, or one that doesn't exist yet.",
            _FAILED,
        )
    except UnknownPermissionError as error:
        return _complain(f"--restrict: {error}.", _USAGE)
    except OSError as error:
        return _complain(f"The sandbox can't start: {error}.", _FAILED)
    return _STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stripe-sandbox",
        description="A small Stripe on this machine. It takes any key that begins with sk_test_ "
        "or rk_test_ and forgets everything when it stops, unless --data is given.",
    )
    parser.add_argument(
        "--port", type=_port, default=0, help="port to listen on (default: a free one)"
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="file that keeps the state")
    parser.add_argument(
        "--announce",
        type=Path,
        metavar="FILE",
        help="file that gets the address and the process id as JSON when the sandbox is ready",
    )
    parser.add_argument(
        "--idle",
        type=_seconds,
        metavar="SECONDS",
        help="stop after that long without a request",
    )
    parser.add_argument(
        "--key-horizon",
        type=_seconds,
        default=86400.0,
        metavar="SECONDS",
        help="how long an idempotency key is remembered (default: a day)",
    )
    parser.add_argument(
        "--search-delay",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long searches don't find a write, as at Stripe (default: 0)",
    )
    parser.add_argument(
        "--no-search",
        action="store_true",
        help="refuse searches, as Stripe does for accounts in some countries",
    )
    parser.add_argument(
        "--search-page-life",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long the page token of a search is valid (default: for ever)",
    )
    parser.add_argument(
        "--restrict",
        type=_restricted,
        action="append",
        default=[],
        metavar="KEY=PERMISSIONS",
        help="the permissions of a key, separated by commas and named as Stripe names them: "
        "rk_test_1=rak_customer_write,rak_charge_read (default: all; may be repeated)",
    )
    parser.add_argument("--seed", type=int, help="make the same ids for the same requests")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _restricted(text: str) -> tuple[str, list[str]]:
    key, equals, names = text.partition("=")
    if not equals or not key.startswith("rk_test_"):
        raise argparse.ArgumentTypeError("give rk_test_…=rak_customer_read,…")
    return key, [name for name in names.split(",") if name]


def _seconds(text: str) -> float:
    seconds = float(text.removesuffix("s"))
    if not 0 < seconds < 1e12:
        raise argparse.ArgumentTypeError("give a number of seconds above 0")
    return seconds


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not the loop's own handlers: those don't exist on every system.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    sandbox = Sandbox(
        options.data,
        options.port,
        options.key_horizon,
        options.seed,
        searching=Searching(options.search_delay, not options.no_search, options.search_page_life),
        restricted=dict(options.restrict),
    )
    async with sandbox:
        if options.announce:
            _announce(options.announce, sandbox.address)
        _say(f"Stripe sandbox at {sandbox.address} (stop it with Ctrl-C)")
        await _until(stop, sandbox, options.idle)


async def _until(stop: asyncio.Event, sandbox: Sandbox, idle: float | None) -> None:
    if idle is None:
        await stop.wait()
        return
    while not stop.is_set() and sandbox.idle < idle:
        left = max(idle - sandbox.idle, 0.01)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(left, _CHECK_SECONDS))


def _announce(file: Path, address: str) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(private_file(draft), "wb") as out:
        out.write(orjson.dumps({"address": address, "pid": os.getpid()}) + b"\n")
    draft.replace(file)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"stripe-sandbox: {text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
