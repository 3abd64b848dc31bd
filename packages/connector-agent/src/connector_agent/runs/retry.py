"""A retry: a new run of the records of an earlier run that weren't written."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson
from connector_sdk import (
    Activity,
    Connection,
    Cursor,
    Host,
    Kind,
    Page,
    Problem,
    Record,
    SettingError,
    Source,
    one_problem,
    shown,
)

from connector_agent.connectors import registry
from connector_agent.operations.grouped_source import RegroupedSource
from connector_agent.operations.operation import Operation
from connector_agent.runs.guards import MASK
from connector_agent.runs.outcome_table import MORE, PARTS, RECORD, place_of, without_marks
from connector_agent.runs.outcomes import OutcomeRow, read_outcomes, read_records
from connector_agent.runs.retry_rows import UNCLEAR, Original, restored
from connector_agent.runs.run import Run
from connector_agent.store import Database

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NO_TABLES = (".jsonl", ".ndjson", ".json")
"""Files in which a value has a type."""


class Retry(NamedTuple):
    """The records to read: those of run `of` with one of the outcomes `kinds`, from the ledger,
    or corrected in `file` ("" for none)."""

    of: str
    kinds: tuple[Kind, ...]
    file: str = ""


def in_snapshot(stored: Any) -> Retry | None:
    """The retry stored in a run's snapshot."""
    entry = stored.get("retry") if isinstance(stored, dict) else None
    return Retry(entry["of"], tuple(entry["kinds"]), entry["file"]) if entry else None


def retry_fault(of: Run, retry: Retry) -> Problem | None:
    """Why the run `of` can't be retried: it is unfinished, or nothing is left of it."""
    if of.unfinished:
        return Problem(
            "run_unfinished",
            f"The run {of.id} has not finished.",
            f"Finish it first: connector resume {of.id}; if it can't be continued: "
            f"connector abandon {of.id}",
        )
    counts = of.counts.as_dict()
    if retry.file or any(counts[kind] for kind in retry.kinds):
        return None
    return Problem(
        "nothing_to_retry",
        f"No record of the run {of.id} was refused or failed.",
        f"Of {of.counts.unknown:,} it isn't known whether they were written; look at them with "
        f"'connector outcomes {of.id} --only unknown', or send them again with --unknown."
        if of.counts.unknown
        else "There is nothing to send again.",
    )


class LedgerSource:
    """Records of an earlier run, which may be `grouped`; a cursor is the last one's number."""

    def __init__(self, database: Database, retry: Retry, grouped: bool = False) -> None:
        self._database = database
        self._retry = retry
        self._grouped = grouped

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Pages of records with their original places."""
        last = int(after) if after is not None else 0
        while True:
            rows = await self._database.call(
                lambda connection, last=last: list(  # type: ignore[misc]
                    read_outcomes(connection, self._retry.of, self._retry.kinds, last)
                )
            )
            if not rows:
                return
            last = rows[-1].seq
            yield Page([_record(row, self._grouped) for row in rows], str(last).encode())

    async def total(self) -> int | None:
        return None

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        return ()


def _record(row: OutcomeRow, grouped: bool) -> Record:
    value = orjson.loads(row.record)
    code = row.problem.code if row.problem is not None else ""
    unreadable = isinstance(value, dict) and list(value) in PARTS
    problem = None
    if unreadable or code.startswith("card_number") or code == "not_kept" or MASK in row.record:
        problem = Problem(
            "not_kept",
            "The ledger doesn't hold this record as a whole, because it could not be read or "
            "held a card number.",
            "Correct it in a file of the problems, and retry with --from.",
        )
    elif grouped and row.body is None and not (row.problem and row.problem.line):
        problem = _IN_PARTS
    return Record(row.seq, row.record, row.at, problem)


_IN_PARTS = Problem(
    "group_in_parts",
    "The rows of this group could not all be read, were not consecutive, or contradicted each "
    "other; a retry would not send all of them.",
    "Correct them in the source, and run the operation again.",
)
"""What the source itself refuses of a group comes neither from a line of the mapping nor was it
made a request; the record then is not all that belongs together."""


class MendedSource:
    """Records of a corrected file, without the columns that start with "_". `originals` gives
    table cells their types."""

    def __init__(
        self,
        source: Source,
        grouped: bool = False,
        table: bool = True,
        originals: "Originals | None" = None,
    ) -> None:
        self._source = source
        self._grouped = grouped
        self._table = table
        self._originals = originals

    async def read(self, after: Cursor | None) -> AsyncGenerator[Page, None]:
        """Raises as the file's source does."""
        async with aclosing(self._source.read(after)) as pages:
            async for page in pages:
                records = page.records
                if self._table:
                    records = [_unmarked(each) for each in records]
                if self._originals is not None:
                    records = await self._originals.restore(records)
                yield page._replace(records=[_mended(each, self._grouped) for each in records])

    async def total(self) -> int | None:
        return await self._source.total()

    async def finish(self, after: Cursor) -> Sequence[Problem]:
        """Nothing: the file is a person's work."""
        return ()


class Originals:
    """What the cells of a table were when they were read: `types` are those of the source's
    fields."""

    def __init__(self, database: Database, types: Mapping[str, str]) -> None:
        self._database = database
        self._types = types

    async def restore(self, records: Sequence[Record]) -> list[Record]:
        """The rows with typed cells; one with an ambiguous cell gets a problem. Unreadable rows
        stay as they are."""
        rows = [_DECODER.decode(each.raw) if each.problem is None else {} for each in records]
        places = [place_of(row.get(RECORD)) for row in rows]
        numbers: dict[str, list[int]] = {}
        for place in filter(None, places):
            numbers.setdefault(place[0], []).append(place[1])
        kept = await self._database.call(
            lambda connection: {
                run: read_records(connection, run, found) for run, found in numbers.items()
            }
        )
        return [
            self._restored(record, row, kept[place[0]].get(place[1]) if place else None)
            for record, row, place in zip(records, rows, places, strict=True)
        ]

    def _restored(self, record: Record, row: dict[str, Any], raw: bytes | None) -> Record:
        if record.problem is not None:
            return record
        made, problems = restored(row, Original.of(raw) if raw is not None else None, self._types)
        problem = one_problem(problems)._replace(at=record.at) if problems else None
        return record._replace(raw=_ENCODER.encode(made), problem=problem)


def _unmarked(record: Record) -> Record:
    """A row without the marks of formulas."""
    if record.problem is not None:
        return record
    row = _DECODER.decode(record.raw)
    bare = without_marks(row)
    if isinstance(bare, Problem):
        return record._replace(problem=bare._replace(at=record.at))
    return record if bare is row else record._replace(raw=_ENCODER.encode(bare))


def _mended(record: Record, grouped: bool) -> Record:
    if record.problem is not None and record.problem.code != UNCLEAR:
        return record
    value = _DECODER.decode(record.raw)
    if grouped and _was_in_parts(value):
        return record._replace(problem=_IN_PARTS)
    if "record" in value and "outcome" in value and isinstance(value["record"], dict):
        kept = value["record"]  # a line of JSON Lines, as outcomes are listed
    else:
        kept = {name: part for name, part in value.items() if not name.startswith("_")}
    rest = value.get(MORE)
    if isinstance(rest, str) and rest.strip():
        try:
            more = _DECODER.decode(rest)
        except msgspec.DecodeError:
            more = None
        filled = {name for name, part in kept.items() if part not in (None, "")}
        if not isinstance(more, dict) or more.keys() & filled:
            raw = _ENCODER.encode({**kept, MORE: rest})
            return record._replace(raw=raw, problem=_unclear(rest))
        if list(more) not in PARTS:  # what a row had too much is what was mended
            more.pop(MORE, None)  # what was unclear the last time
            kept |= more
    raw = _ENCODER.encode(kept)
    return record._replace(raw=raw, problem=_MASKED if MASK in raw else record.problem)


def _was_in_parts(value: dict[str, Any]) -> bool:
    """Whether a row tells of a group that its source refused."""
    if "record" in value and "outcome" in value:
        problem = value.get("problem") or {}
        told = (value["outcome"], value.get("request") or problem.get("line"))
    else:
        told = (value.get("_outcome"), value.get("_request_id") or value.get("_line"))
    return told[0] == "refused" and not told[1]


_MASKED = Problem(
    "card_number_missing",
    f"The record still has {MASK.decode()} where a number was taken out.",
    "Put the right value there, or remove the record from the file.",
)


def _unclear(rest: str) -> Problem:
    return Problem(
        "more_unclear",
        f"The column {MORE} holds what doesn't fit into the record.",
        "Move what is in it to the other columns, or drop it; then empty this column.",
        path=MORE,
        value=shown(rest),
    )


def require_other_file(file: Path, results: Iterable[Path]) -> None:
    """Raises SettingError where a retry would overwrite the file it reads."""
    if any(file.resolve() == result.resolve() for result in results):
        raise SettingError(
            Problem(
                "retry_reads_results",
                f"The retry would write its own results over {file.name}, which it is to read.",
                f"Copy {file.name} under another name, and give that with --from.",
                value=str(file),
            )
        )


async def require_readable(file: Path, host: Host) -> None:
    """Raises SettingError where a retry can't read its file."""
    opened, _ = await open_file(file, host)
    await opened.close()


async def open_file(
    path: Path, host: Host, grouped: bool = False, originals: Originals | None = None
) -> tuple[Connection, Source]:
    """The records of a corrected file, and the connection to close afterwards. Raises
    SettingError for an unreadable file."""
    connection = await registry.connector("files").connect({"folder": str(path.parent)}, host)
    activity = Activity("retry", "read", settings={"path": path.name})
    table = not any(suffix.lower() in _NO_TABLES for suffix in path.suffixes)
    source = await connection.source(activity)
    return connection, MendedSource(source, grouped, table, originals if table else None)


async def open_source(
    retry: Retry | None, opened: Operation, database: Database, host: Host
) -> tuple[Source, Connection | None]:
    """The operation's source, or the retry's; and what to close afterwards."""
    if retry is None:
        return await opened.open_source(), None
    group = opened.document.group
    file: Connection | None = None
    source: Source
    if retry.file:
        types = {field.name: field.type for field in opened.source.schemas.response.fields}
        originals = Originals(database, types)
        file, source = await open_file(Path(retry.file), host, group is not None, originals)
    else:
        source = LedgerSource(database, retry, group is not None)
    if group is not None:
        source = RegroupedSource(source, group.into, opened.composition.reads)
    return source, file


def kinds_of(unknown: bool) -> tuple[Kind, ...]:
    """The outcomes that a retry reads."""
    return ("refused", "failed", "unknown") if unknown else ("refused", "failed")
