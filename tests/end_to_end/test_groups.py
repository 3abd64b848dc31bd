"""Groups are written whole or not at all, whenever the process dies."""

import signal
from pathlib import Path

from stripe_connector.sandbox import Sandbox

from tests.end_to_end.crash_project import customers, write_project
from tests.end_to_end.test_bad_days import connector
from tests.end_to_end.test_killed import Killer

GROUPS = 150
HEAD = "crm_id,name,email,note\n"


def row(group: int, line: int) -> str:
    return f"C{group},name {group},p{group}@example.com,line {line}\n"


async def test_no_part_of_a_scattered_group_is_written(tmp_path: Path) -> None:
    groups = [[row(group, line) for line in range(3)] for group in range(GROUPS)]
    late = {3: 149, 70: 71, 148: 148}
    lines = HEAD
    for number, rows in enumerate(groups):
        lines += "".join(rows[:2] if number in late else rows)
        lines += "".join(groups[each][2] for each in late if late[each] == number and each != 148)
    lines += groups[148][2]
    async with Sandbox(seed=1) as sandbox:
        source = write_project(tmp_path, sandbox.address, 0)
        operation = tmp_path / "operations" / "import.yaml"
        operation.write_text(
            f"{operation.read_text()}  - to: metadata.last\n    from: rows[2].note\n"
            "group:\n  by: crm_id\n  as: rows\n"
        )
        source.write_text(lines)
        killer = Killer(tmp_path, sandbox)
        for place in ("applied", "settled"):
            status, end = await killer.run(place, 30)
            assert status == -signal.SIGKILL, end
        status, end = await killer.run("none", 0)
        assert status == 3
        assert (end["read"], end["written"], end["refused"]) == (153, 147, 6)
        made = await customers(sandbox.address)
        whole = {f"C{number}" for number in range(GROUPS) if number not in late}
        assert sorted(one["metadata"]["crm_id"] for one in made) == sorted(whole)
        assert {one["metadata"]["last"] for one in made} == {"line 2"}
        said = await connector(tmp_path, "outcomes", "last", "--only", "refused", "--json")
        assert said.out.count("scattered_group") == 6
        assert "customers.csv row 11 and customers.csv row 450" in said.out
        said = await connector(tmp_path, "retry", "last", "--json")
        assert (said.end["read"], said.end["written"]) == (6, 0)
        source.write_text(HEAD + "".join(line for rows in groups for line in rows))
        said = await connector(tmp_path, "run", "import", "--json")
        assert (said.end["written"], said.end["skipped"]) == (3, 147)
        assert {one["metadata"]["last"] for one in await customers(sandbox.address)} == {"line 2"}
