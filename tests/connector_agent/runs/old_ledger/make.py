"""Made `ledger.db` and `sandbox.db` here, with the product as it was at commit 06b9e83, before keys
took the step of a write into account for more than one and before guarantees had a table.

To make them again, unpack that commit into a folder OLD and run this file with its code:

    PYTHONPATH=OLD/packages/connector-sdk/src:OLD/packages/stripe-connector/src:\
OLD/packages/connector-agent/src python make.py

What is in the ledger, on the account of the sandbox:

- "import": a finished run of its first 5 records; then a run of 40 that was killed by SIGKILL
  while calls were in flight: some records have their outcome, some were made and never answered,
  some were never sent. Nothing in the ledger tells the last two apart.
- "import more": a run of 40 other records that was interrupted by Ctrl-C. What surely was not
  sent says so.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

from stripe_connector.sandbox import Sandbox

HERE = Path(__file__).parent
KEY = "sk_test_old_ledger"
RECORDS = 40

OPERATION = """source: crm/{source}
identity: crm_id
target: acme/new customer
mapping:
  - to: email
    from: email
    steps: [trim, lower]
  - to: name
    from: name
  - to: metadata.crm_id
    from: crm_id
"""
FILES = {
    "project.yaml": "name: old\n",
    "endpoints/crm.yaml": (
        "connector: files\nconnection:\n  folder: .\nactivities:\n"
        "  customers:\n    type: read\n    path: customers.csv\n"
        "  more:\n    type: read\n    path: more.csv\n"
    ),
    "endpoints/acme.yaml": (
        "connector: stripe\nconnection:\n  api_key: ${env:STRIPE_API_KEY}\n"
        "  address: ${env:SANDBOX_ADDRESS}\n"
        "activities:\n  new customer:\n    type: create\n    on: customers\n    concurrency: 4\n"
    ),
    "operations/import.yaml": OPERATION.format(source="customers"),
    "operations/import more.yaml": OPERATION.format(source="more"),
    "customers.csv": "",
    "more.csv": "",
}


def write_project(folder: Path) -> None:
    """The project without its ledger."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, letter in (("customers.csv", "C"), ("more.csv", "M")):
        lines = [f"{letter}{n},name {n}, {letter}{n}@Example.com" for n in range(1, RECORDS + 1)]
        (folder / name).write_text("\n".join(["crm_id,name,email", *lines]) + "\n")


async def interrupted(
    sandbox: Sandbox, folder: Path, operation: str, number: int, how: signal.Signals
) -> None:
    """Runs the operation until the sandbox has made `number` objects, and ends it then."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "connector_agent.cli", "run", operation, "--project", str(folder)),
        env={**os.environ, "STRIPE_API_KEY": KEY, "SANDBOX_ADDRESS": sandbox.address},
    )
    left = number

    async def answer(request: object) -> None:
        nonlocal left
        left -= getattr(request, "method", "") == "POST"
        if left == 0:
            process.send_signal(how)
            if how == signal.SIGKILL:
                await process.wait()  # what is being answered now was made, and no answer arrives

    sandbox.on_answer = answer
    assert await process.wait() != 0
    sandbox.on_answer = None


async def main(folder: Path) -> None:
    """Makes both files in `folder` and copies them here."""
    write_project(folder)
    async with Sandbox(seed=5, data=folder / "sandbox.db") as sandbox:
        environ = {**os.environ, "STRIPE_API_KEY": KEY, "SANDBOX_ADDRESS": sandbox.address}
        command = (sys.executable, "-m", "connector_agent.cli", "run", "import", "--limit", "5")
        process = await asyncio.create_subprocess_exec(
            *command, "--project", str(folder), env=environ
        )
        assert await process.wait() == 0
        await interrupted(sandbox, folder, "import", 14, signal.SIGKILL)
        await interrupted(sandbox, folder, "import more", 9, signal.SIGINT)
    for path in (folder / ".connector" / "ledger.db", folder / "sandbox.db"):
        copied = HERE / path.name
        copied.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.execute("vacuum into ?", (str(copied),))
        connection.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
