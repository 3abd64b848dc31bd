"""What an imported record costs in calls of our own functions, so that it doesn't creep back."""

import json
import subprocess
import sys
from pathlib import Path

MOST = 160
"""Calls for each record, six lines of mapping with six steps included; 149 when this was
written. How often the loop is given its turn differs a little from run to run."""

COUNTING = """
import asyncio, collections, json, sys, threading
from pathlib import Path
from connector_agent.runs.runner import Runner

calls = collections.Counter()

def note(frame, event, arg):
    name = frame.f_code.co_filename
    if event == "call" and "/packages/" in name and "/sandbox/" not in name:
        calls[frame.f_code.co_name] += 1

async def main():
    runner = Runner(Path(sys.argv[1]), {})
    run = await runner.run("import customers", None, lambda progress: None)
    assert run.counts.written == int(sys.argv[2]), run
    runner.close()

threading.setprofile(note)
sys.setprofile(note)
asyncio.run(main())
sys.setprofile(None)
print(json.dumps({"calls": sum(calls.values()), "conforms": calls["conform"]}))
"""


def counted(folder: Path, records: int) -> dict[str, int]:
    project = folder / str(records)
    subprocess.run(
        [sys.executable, "-m", "connector_agent.cli", "init", str(project)],
        check=True,
        capture_output=True,
    )
    rows = "".join(
        f"C-{number},Name {number},n{number}@example.org,Berlin,de,eur,{number}.50\n"
        for number in range(records)
    )
    header = "crm_id,name,email,city,country,currency,balance\n"
    (project / "data" / "customers.csv").write_text(header + rows)
    found = subprocess.run(
        [sys.executable, "-c", COUNTING, str(project), str(records)],
        check=True,
        capture_output=True,
        text=True,
    )
    said: dict[str, int] = json.loads(found.stdout)
    return said


def test_an_imported_record_is_conformed_once_and_takes_few_calls(tmp_path: Path) -> None:
    few, many = counted(tmp_path, 500), counted(tmp_path, 1_000)
    assert (many["conforms"] - few["conforms"]) / 500 == 1
    assert (many["calls"] - few["calls"]) / 500 < MOST
