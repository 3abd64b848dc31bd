"""Sources: pages in one order, and cursors that go on exactly."""

from collections.abc import AsyncGenerator

import msgspec

from connector_sdk.conformance.description import assert_round_trip, assert_told, opened
from connector_sdk.conformance.subject import Subject
from connector_sdk.record import Page, Record


class ReadingTests:
    """The source of the subject has to read the same from every place on."""

    async def test_pages_count_on(self, subject: Subject) -> None:
        pages = await read_all(subject)
        records = [record for page in pages for record in page.records]
        assert len(records) >= 3, "the battery needs a source with three records"
        assert [record.seq for record in records] == list(range(1, len(records) + 1))
        for page in pages:
            assert page.filtered >= 0
            assert page.after

    async def test_total_is_a_number_or_unknown(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            total = await (await connection.source(subject.source)).total()
        assert total is None or total >= 0

    async def test_records_are_json_objects(self, subject: Subject) -> None:
        for page in await read_all(subject):
            for record in page.records:
                if record.problem is None:
                    assert isinstance(_parsed(record), dict)

    async def test_pages_round_trip(self, subject: Subject) -> None:
        for page in await read_all(subject):
            assert_round_trip(Page, page)

    async def test_every_cursor_goes_on_exactly(self, subject: Subject) -> None:
        pages = await read_all(subject)
        records = [record for page in pages for record in page.records]
        seen = 0
        for page in pages:
            seen += len(page.records)
            rest = await read_all(subject, page.after)
            assert [record for page in rest for record in page.records] == records[seen:]

    async def test_reading_may_stop_early(self, subject: Subject) -> None:
        async with opened(subject) as connection:
            source = await connection.source(subject.source)
            pages = source.read(None)
            first = await anext(pages)
            if isinstance(pages, AsyncGenerator):
                await pages.aclose()
            again = await connection.source(subject.source)
            assert (await anext(again.read(None))).records == first.records

    async def test_finishing_tells_what_it_could_not_do(self, subject: Subject) -> None:
        """A source that puts nothing away has nothing to tell; the others say what they
        couldn't do."""
        *_, last = await read_all(subject)
        async with opened(subject) as connection:
            source = await connection.source(subject.source)
            if subject.unfinishable is not None:
                await subject.unfinishable()
            problems = await source.finish(last.after)
        for problem in problems:
            assert_told(problem)
        if subject.unfinishable is None:
            assert list(problems) == []
        else:
            assert problems, "it could not put away what was read, and says nothing"


async def read_all(subject: Subject, after: bytes | None = None) -> list[Page]:
    """All pages behind a cursor, over a connection of their own."""
    async with opened(subject) as connection:
        source = await connection.source(subject.source)
        return [page async for page in source.read(after)]


def _parsed(record: Record) -> object:
    return msgspec.json.decode(record.raw)
