"""What goes wrong around a run: a key that is taken away, a full disk, two runs at once."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from stripe_connector.sandbox import Sandbox
from stripe_connector.sandbox.request import Fault, SandboxRequest

from tests.end_to_end.crash_project import CREATE, KEY, customers, write_project
from tests.warm import Said, call


def _ledger_key() -> dict[str, str]:
    return {name: os.environ[name] for name in ("CONNECTOR_LEDGER_KEY",) if name in os.environ}


async def connector(folder: Path, *arguments: str) -> Said:
    environ = {"STRIPE_API_KEY": KEY, "PATH": "", **_ledger_key()}
    return await asyncio.to_thread(call, folder, *arguments, environ=environ)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=1) as made:
        yield made


class FailFrom:
    """Answers creates with a fault from the n-th on."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.left = number
        self.fault = fault

    async def __call__(self, request: SandboxRequest) -> Fault | None:
        if request.template != "/v1/customers" or request.method != "POST":
            return None
        self.left -= 1
        return self.fault if self.left <= 0 else None


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(401, "invalid_request_error", "Invalid API Key provided: sk_test_****rash"), "key"),
        (
            Fault(
                403,
                "invalid_request_error",
                "The provided key does not have the permission rak_customer_write.",
            ),
            "rak_customer_write",
        ),
    ],
)
async def test_a_key_refused_half_way_stops_the_run_with_its_records_pending(
    tmp_path: Path, sandbox: Sandbox, fault: Fault, told: str
) -> None:
    write_project(tmp_path, sandbox.address, 400)
    sandbox.on_request = FailFrom(150, fault)
    said = await connector(tmp_path, "run", "import")
    assert said.status == 1
    assert told in said.out
    assert KEY not in said.out + said.err
    listed = await connector(tmp_path, "runs", "--json")
    assert listed.end["status"] == "stopped"
    assert listed.end["refused"] == listed.end["failed"] == listed.end["unknown"] == 0
    assert listed.end["pending"] > 0
    sandbox.on_request = None
    said = await connector(tmp_path, "resume", "last", "--json")
    assert said.status == 0
    assert said.end["written"] == 400
    assert len(await customers(sandbox.address)) == 400


async def test_two_runs_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    write_project(tmp_path, sandbox.address, 600)
    both = await asyncio.gather(
        connector(tmp_path, "run", "import", "--json"),
        connector(tmp_path, "run", "import", "--json"),
    )
    assert sorted(said.status for said in both) == [0, 1]
    loser = next(said for said in both if said.status == 1)
    assert loser.end["problems"][0]["code"] == "already_running"
    assert len(await customers(sandbox.address)) == 600


async def test_nobody_there(tmp_path: Path, unused_tcp_port: int) -> None:
    write_project(tmp_path, f"http://127.0.0.1:{unused_tcp_port}", 5)
    (tmp_path / "endpoints" / "acme.yaml").write_text(
        (tmp_path / "endpoints" / "acme.yaml")
        .read_text()
        .replace("  address:", "  retries: 0\n  address:")
    )
    said = await connector(tmp_path, "run", "import")
    assert said.status == 1
    assert "refused" in said.err
    assert (await connector(tmp_path, "runs", "--json")).out == ""


async def test_a_server_that_fails_after_it_wrote(tmp_path: Path, sandbox: Sandbox) -> None:
    """Each third create is done and answered with a stored 500, as a crash at Stripe does it."""
    write_project(tmp_path, sandbox.address, 60)
    count = 0

    async def fail_each_third(request: SandboxRequest) -> Fault | None:
        nonlocal count
        if f"{request.method} {request.template}" != CREATE:
            return None
        count += 1
        return Fault(500, remembered=True) if count % 3 == 0 else None

    sandbox.on_answer = fail_each_third
    said = await connector(tmp_path, "run", "import", "--json")
    assert said.status == 0
    assert said.end["written"] == 60
    assert len(await customers(sandbox.address)) == 60


async def test_a_server_that_fails_before_it_wrote(tmp_path: Path, sandbox: Sandbox) -> None:
    """A stored 500 for something that was never done needs a new key, and gets one."""
    write_project(tmp_path, sandbox.address, 60)
    count = 0

    async def fail_each_third(request: SandboxRequest) -> Fault | None:
        nonlocal count
        if f"{request.method} {request.template}" != CREATE:
            return None
        count += 1
        return Fault(500, remembered=True) if count % 3 == 0 and count <= 60 else None

    sandbox.on_request = fail_each_third
    said = await connector(tmp_path, "run", "import", "--json")
    assert said.status == 0, said
    assert said.end["written"] == 60
    assert len(await customers(sandbox.address)) == 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root only")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def enlarge(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=200m", str(folder)], check=True)


async def test_a_full_disk_stops_the_run_and_loses_nothing(
    small_disk: Path, sandbox: Sandbox
) -> None:
    write_project(small_disk, sandbox.address, 5000)
    said = await connector(small_disk, "run", "import")
    assert said.status == 1
    assert "Free space" in said.out + said.err
    assert "Traceback" not in said.err
    enlarge(small_disk)
    said = await connector(small_disk, "resume", "last", "--json")
    assert said.status == 0, said
    assert said.end["written"] == 5000
    assert len(await customers(sandbox.address)) == 5000


async def test_a_full_disk_under_a_file_target(small_disk: Path, sandbox: Sandbox) -> None:
    write_project(small_disk, sandbox.address, 1)
    big = "x" * 200
    (small_disk / "customers.csv").write_text(
        "crm_id,name,email\n" + "".join(f"C{n},{big},a@example.com\n" for n in range(8000))
    )
    (small_disk / "endpoints" / "crm.yaml").write_text(
        (small_disk / "endpoints" / "crm.yaml").read_text()
        + "  copy:\n    type: write\n    path: out.jsonl\n"
    )
    (small_disk / "operations" / "copy.yaml").write_text(
        "source: crm/customers\ntarget: crm/copy\n"
    )
    said = await connector(small_disk, "run", "copy")
    assert said.status == 1
    assert "Free space" in said.out + said.err
    assert not (small_disk / "out.jsonl").exists()
    enlarge(small_disk)
    said = await connector(small_disk, "resume", "last", "--json")
    assert said.status == 0, said
    assert len((small_disk / "out.jsonl").read_text().splitlines()) == 8000
