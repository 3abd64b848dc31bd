"""The main job on the embedded sandbox: a CSV becomes customers, a list becomes a file.

    python examples/demo.py [FOLDER]

Runs the commands that you would type, in examples/billing-import or a copy of it, and sums up
what they did. Run again, it writes nothing twice. Ends with the status of the first command
that really failed; records with problems are no failure here, as the sample has three of them.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
IMPORT, EXPORT = "import customers", "export customers"
RESULT = Path("out/customers.jsonl")
WITH_PROBLEMS = 3


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else HERE / "billing-import"
    if not (folder / "project.yaml").is_file():
        return complain(f"{folder} is no project: it has no project.yaml.")
    for command in (["test", "acme"], ["run", IMPORT], ["run", EXPORT]):
        status = show(folder, command)
        if status not in (0, WITH_PROBLEMS):
            line = shlex.join(["connector", *command])
            complain(f"'{line}' ended with status {status}; above it says what to do.")
            return status
    runs = latest(folder)
    if IMPORT not in runs or EXPORT not in runs:
        return complain(f"The ledger in {folder / '.connector'} doesn't know both runs.")
    sum_up(folder, runs[IMPORT], runs[EXPORT])
    return 0


def connector() -> str:
    """The command of the same environment as this Python."""
    return str(Path(sys.executable).parent / "connector")


def show(folder: Path, command: list[str]) -> int:
    """Runs a command so that one sees what was typed and what it said."""
    print(f"\n$ {shlex.join(['connector', *command])}", flush=True)
    try:
        return subprocess.run([connector(), *command], cwd=folder, check=False).returncode
    except FileNotFoundError:
        return complain("The command 'connector' is not installed here. Run 'make setup' first.")


def latest(folder: Path) -> dict[str, dict[str, Any]]:
    """The newest run of each operation, as `connector runs --json` tells."""
    done = subprocess.run(
        [connector(), "runs", "--json"], cwd=folder, check=True, capture_output=True, text=True
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["operation"]: row for row in reversed(rows)}


def sum_up(folder: Path, imported: dict[str, Any], exported: dict[str, Any]) -> None:
    near = folder.resolve()
    if near.is_relative_to(Path.cwd()):
        near = near.relative_to(Path.cwd())
    print("\nSummary")
    print(f"  import  {counts(imported)}")
    if imported["skipped"]:
        text = f"{imported['skipped']:,} were written before; nothing was sent for them"
        print(f"          {text}: no duplicates.")
    print(f"  export  {counts(exported)}")
    with (folder / RESULT).open("rb") as lines:
        print(f"  result  {near / RESULT}, {sum(1 for _ in lines):,} lines")
    print(f"  ledger  {near / '.connector/ledger.db'}, what was written where")
    print("\nNext")
    activate = Path(sys.prefix) / "bin/activate"
    if activate.is_relative_to(Path.cwd()):
        activate = activate.relative_to(Path.cwd())
    print(f"  . {shlex.quote(str(activate))} && cd {shlex.quote(str(near))}")
    if problems(imported):
        print(f"  connector outcomes {imported['run']} --only problems")
    print(f"  connector run {shlex.quote(IMPORT)}    # again: nothing is written twice")


def counts(run: dict[str, Any]) -> str:
    """One run in a line: what became of its records, and how fast."""
    kinds = ("written", "skipped", "refused", "failed", "unknown")
    parts = [f"{run[kind]:,} {kind}" for kind in kinds if run[kind] or kind == "written"]
    rate = f", {run['read'] / run['seconds']:,.0f} records/s" if run["seconds"] else ""
    return f"{run['read']:,} read: {', '.join(parts)}{rate}"


def problems(run: dict[str, Any]) -> int:
    """Records that a person should look at."""
    return int(run["refused"] + run["failed"] + run["unknown"])


def complain(text: str) -> int:
    print(f"demo: {text}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
