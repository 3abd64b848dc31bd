"""Pages that reach a target as lines, and those that don't."""

import json
from collections.abc import AsyncGenerator

import pytest
from connector_agent.runs.executions import PositionedExecution
from connector_agent.runs.outcomes import read_outcomes
from connector_agent.runs.run import Counts
from connector_sdk import Cursor, Page, RawRecords, decode, encode
from hypothesis import given
from hypothesis import strategies as st

from tests.connector_agent.runs.memory import LineTarget, ListSource, Workshop

CARD = b'{"id":7,"note":"4242 4242 4242 4242"}'


def rows(*, last: bytes = b'{"id":10}') -> list[bytes]:
    return [*(b'{"id":%d}' % number for number in range(1, 10)), last]


class RawSource(ListSource):
    """Two pages of raw records."""

    def __init__(self, raw: list[bytes]) -> None:
        super().__init__([])
        self.raw = raw

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        for at in range(json.loads(after or b"0"), len(self.raw), 5):
            records = RawRecords(at + 1, self.raw[at : at + 5], lambda raw: f"row {raw.decode()}")
            yield Page(records, b"%d" % (at + 5))


class WholeTarget(LineTarget):
    """Counts how many records came as lines."""

    takes_lines = True

    def __init__(self, lines: list[bytes]) -> None:
        super().__init__(lines)
        self.appended = 0

    async def append(self, lines: bytes, count: int) -> None:
        self.appended += count
        self.lines += lines.splitlines()


async def written(
    workshop: Workshop, raw: list[bytes], *, limit: int | None = None, takes: bool = True
) -> tuple[WholeTarget, Counts, list[str]]:
    run = await workshop.new(limit=limit)
    target = WholeTarget([])
    target.takes_lines = takes
    parts = await workshop.parts(run, RawSource(raw), target, identity=())
    assert await PositionedExecution(parts).run()
    rows = await workshop.database.call(lambda found: list(read_outcomes(found, run.id)))
    codes = [row.problem.code for row in rows if row.problem is not None]
    return target, (await workshop.run(run.id)).counts, codes


async def test_pages_reach_the_target_whole(workshop: Workshop) -> None:
    target, counts, _ = await written(workshop, rows())
    assert target.lines == rows()
    assert target.appended == 10
    assert counts == Counts(read=10, written=10)


async def test_a_target_may_decline(workshop: Workshop) -> None:
    target, counts, _ = await written(workshop, rows(), takes=False)
    assert (target.lines, target.appended) == (rows(), 0)
    assert counts == Counts(read=10, written=10)


@pytest.mark.parametrize("limit", [1, 5, 7, 10])
async def test_a_limit_cuts_a_page(workshop: Workshop, limit: int) -> None:
    target, counts, _ = await written(workshop, rows(), limit=limit)
    assert target.lines == rows()[:limit]
    assert counts == Counts(read=limit, written=limit)


async def test_a_card_number_is_refused_and_the_rest_written(workshop: Workshop) -> None:
    target, counts, codes = await written(workshop, rows(last=CARD))
    assert target.lines == rows()[:9]
    assert target.appended == 5  # the other page is looked at record by record
    assert (counts, codes) == (Counts(read=10, written=9, refused=1), ["card_number"])


async def test_what_is_no_object_is_not_written_as_a_line(workshop: Workshop) -> None:
    target, _, _ = await written(workshop, rows(last=b"[10]"))
    assert target.appended == 5


@given(st.lists(st.integers(), min_size=1, max_size=8), st.integers(1, 9))
def test_raw_records_are_records(numbers: list[int], first: int) -> None:
    raw = [json.dumps({"id": each}).encode() for each in numbers]
    records = RawRecords(first, raw, lambda row: f"at {len(row)}")
    assert [record.seq for record in records] == list(range(first, first + len(raw)))
    assert [record.raw for record in records] == raw
    assert records[1:] == list(records)[1:]
    assert records[-1] == list(records)[-1]
    assert records.lines().splitlines() == raw
    assert records.values() == [{"id": each} for each in numbers]
    page = Page(records, b"{}")
    assert decode(Page, encode(page)) == page
