"""What stays: in a file, over a restart, after a kill; and who may serve the file."""

import asyncio
import json
import os
import signal
import sqlite3
import stat
import sys
from pathlib import Path

import aiohttp
import pytest
from stripe_connector.sandbox import AlreadyServedError, Sandbox
from stripe_connector.sandbox.command import main
from stripe_connector.sandbox.store import Ids

from tests.stripe_connector.sandbox.caller import Caller

COMMAND = [sys.executable, "-m", "stripe_connector.sandbox.command"]


async def started(*options: str) -> tuple[asyncio.subprocess.Process, str]:
    """The process, and the line that it prints when it is ready."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout
    return process, (await process.stdout.readline()).decode()


async def test_a_restart_finds_everything(tmp_path: Path) -> None:
    data = tmp_path / "state.db"
    async with aiohttp.ClientSession() as session:
        async with Sandbox(data, seed=1) as sandbox:
            account = sandbox.account
            stripe = Caller(sandbox, session)
            kept = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
            gone = await stripe.make("/v1/customers", name="B")
            await stripe.delete(f"/v1/customers/{gone['id']}")
            tax_id = await stripe.make(
                f"/v1/customers/{kept.body['id']}/tax_ids", type="eu_vat", value="DE123456789"
            )
            await stripe.post(f"/v1/customers/{kept.body['id']}", {"name": "C"})
        async with Sandbox(data, seed=2) as sandbox:
            assert sandbox.account == account
            stripe = Caller(sandbox, session)
            [customer] = (await stripe.get("/v1/customers")).body["data"]
            assert (customer["id"], customer["name"]) == (kept.body["id"], "C")
            assert (await stripe.get(f"/v1/customers/{gone['id']}")).body["deleted"] is True
            after = await stripe.get("/v1/customers", {"starting_after": gone["id"]})
            assert after.ids == [kept.body["id"]]
            again = await stripe.post("/v1/customers", {"name": "A"}, Idempotency_Key="k")
            assert again.headers["Idempotent-Replayed"] == "true"
            below = await stripe.get(f"/v1/customers/{kept.body['id']}/tax_ids")
            assert below.ids == [tax_id["id"]]
            newer = await stripe.make("/v1/customers", name="D")
            assert (await stripe.get("/v1/customers")).ids == [newer["id"], kept.body["id"]]


async def test_a_killed_sandbox_keeps_what_it_answered(tmp_path: Path) -> None:
    data, announce = tmp_path / "state.db", tmp_path / "here.json"
    process, line = await started("--data", str(data), "--announce", str(announce))
    known = json.loads(announce.read_text())
    assert known["address"] in line
    assert known["pid"] == process.pid
    answered: list[str] = []
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer sk_test_x"}) as session:
        for number in range(40):
            async with session.post(
                f"{known['address']}/v1/customers", data={"name": str(number)}
            ) as answer:
                answered.append((await answer.json())["id"])
        os.kill(process.pid, signal.SIGKILL)
        await process.communicate()
    async with Sandbox(data, seed=3) as sandbox, aiohttp.ClientSession() as session:
        listed = await Caller(sandbox, session).get("/v1/customers", {"limit": 100})
        assert listed.ids == answered[::-1]


async def test_one_process_serves_a_file(tmp_path: Path) -> None:
    data = tmp_path / "state.db"
    async with Sandbox(data, seed=4) as sandbox:
        process, line = await started("--data", str(data))
        _, error = await process.communicate()
        assert (process.returncode, line) == (3, "")
        assert sandbox.address in error.decode()
        assert str(os.getpid()) in error.decode()
        with pytest.raises(AlreadyServedError, match="already served"):
            await Sandbox(data, seed=5).start()
    async with Sandbox(data, seed=6):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_it_cleanly(tmp_path: Path, number: int) -> None:
    process, line = await started("--data", str(tmp_path / "state.db"))
    assert "http://127.0.0.1:" in line
    assert "Ctrl-C" in line
    process.send_signal(number)
    out, error = await process.communicate()
    assert (process.returncode, out, error) == (0, b"", b"")


async def test_it_goes_when_nobody_asks() -> None:
    process, _ = await started("--idle", "0.3")
    out, error = await process.communicate()
    assert (process.returncode, out, error) == (0, b"", b"")


def test_a_file_that_is_something_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "notes.txt"
    data.write_text("these are my notes, not a database" * 50)
    before = data.read_bytes()
    assert main(["--data", str(data)]) == 1
    assert "can't be used as the state of a sandbox" in capsys.readouterr().err
    assert data.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path / "none" / "state.db")]) == 1
    assert "can't start" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--port", "70000"], ["--port", "x"], ["--idle", "0"], ["--key-horizon", "-1"]]
)
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


async def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox(seed=1) as sandbox:
        port = sandbox.address.rpartition(":")[2]
        status = await asyncio.to_thread(_main_outside_the_loop, ["--port", port])
    assert status == 1
    assert port in capsys.readouterr().err


def _main_outside_the_loop(arguments: list[str]) -> int:
    """Signals can be handled in the main thread only, which the test's own loop has."""
    import subprocess

    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)
    return done.returncode


async def test_a_request_that_fails_half_way_is_not_in_the_file(tmp_path: Path) -> None:
    data = tmp_path / "state.db"
    async with Sandbox(data, seed=7) as sandbox, aiohttp.ClientSession() as session:
        stripe = Caller(sandbox, session)
        reply = await stripe.post("/v1/customers", {"tax_id_data": [{"type": "eu_vat"}]})
        assert reply.status == 400
        await stripe.make("/v1/customers", name="A")
    with sqlite3.connect(data) as db:
        kept = db.execute("SELECT resource FROM object ORDER BY seq").fetchall()
        assert kept == [("customer",), ("event",)]
    db.close()


async def test_a_seed_gives_no_id_twice(tmp_path: Path) -> None:
    made: list[str] = []
    for _ in range(2):
        async with (
            Sandbox(tmp_path / "state.db", seed=5) as sandbox,
            aiohttp.ClientSession() as session,
        ):
            made.append((await Caller(sandbox, session).make("/v1/customers", name="A"))["id"])
    assert made[0] != made[1]


def test_a_seed_makes_the_same_ids() -> None:
    one, other, free = Ids(5), Ids(5), Ids()
    same = [one.id("cus") for _ in range(3)]
    assert same == [other.id("cus") for _ in range(3)]
    assert free.id("cus") not in same
    assert len(set(same)) == 3


async def test_the_files_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    data, announce = tmp_path / "state.db", tmp_path / "address.json"
    data.touch()
    data.chmod(0o644)  # as an earlier version left it
    before = os.umask(0)
    try:
        process, _ = await started("--data", str(data), "--announce", str(announce))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    process.terminate()
    await process.wait()
    assert {"state.db", "state.db-wal", "state.db.lock", "address.json"} <= modes.keys()
    assert set(modes.values()) == {0o600}
