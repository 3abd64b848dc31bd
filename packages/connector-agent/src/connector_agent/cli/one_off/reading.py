"""One-off commands of sources."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import orjson
import typer
from connector_sdk import (
    JSON,
    Activity,
    ActivityType,
    Command,
    Connection,
    Connector,
    ConnectorError,
    Field,
    Plan,
    Problem,
    Record,
    Schemas,
    SettingError,
)
from connector_sdk.path import Path, PathError, format_path, parse_path, read_each
from rich.text import Text

from connector_agent.cli.one_off.connecting import connected
from connector_agent.cli.one_off.rows import SAMPLE, format_of, rows_for
from connector_agent.cli.one_off.words import (
    activity_words,
    assigned,
    bound,
    ids_twice,
    require_faultless,
)
from connector_agent.cli.output import (
    WITH_PROBLEMS,
    err,
    fail,
    out,
    print_json,
    problem_text,
    table,
)
from connector_agent.mapping.fields import Unknown, find
from connector_agent.mapping.value import ABSENT
from connector_agent.one_off.assignment import Choosing
from connector_agent.one_off.intake import ids, lines_of

AT_ONCE = 100
"""Ids of a file that are read as one activity."""


def read(
    connector: Connector, kind: ActivityType, command: Command, given: Mapping[str, Any]
) -> None:
    """Prints the records of one activity. Exits with 3 if a record could not be read."""
    try:
        problems = asyncio.run(_Reading(kind, command, given).run(connector))
    except ConnectorError as error:
        fail(activity_words(error, kind, command), as_json=given["as_json"])
    if problems:
        raise typer.Exit(WITH_PROBLEMS)


class _Reading:
    def __init__(self, kind: ActivityType, command: Command, given: Mapping[str, Any]) -> None:
        self._kind = kind
        self._command = command
        self._given = given
        self._format = format_of(given)
        self._fields = [name.strip() for name in given["fields"].split(",") if name.strip()]
        self._limit: int | None = given["limit"]
        self._cut = self._limit is None and self._format == "table" and not given["count"]
        if self._cut:
            self._limit = SAMPLE + 1  # one more, to know whether there are more
        self._problems = 0

    async def run(self, connector: Connector) -> int:
        """How many records had a problem."""
        async with connected(connector, self._given) as (connection, _):
            choosing = Choosing(
                connection,
                self._kind,
                self._given["object"],
                self._command.action or self._given.get("action", ""),
            )
            activities = self._activities(choosing)
            first = next(activities, None)
            if first is None:
                return self._problems
            schemas = await connection.schemas(first)
            if self._given.get("fields_help"):
                self._help(schemas)
                return 0
            require_faultless(await connection.check(first))
            _require(self._fields, schemas)
            if self._given["explain"]:
                self._explain(await connection.plan(first))
            elif self._given["count"]:
                await self._count(connection, first, activities)
            else:
                await self._print(self._records(connection, first, activities), schemas)
            return self._problems

    def _activities(self, choosing: Choosing) -> Iterator[Activity]:
        """The activity, or one for each 100 ids of a file."""
        given, name = self._given, self._command.argument
        settings: dict[str, JSON] = {}
        if self._limit is not None and choosing.setting("limit") is not None:
            settings["limit"] = self._limit
        words, path = given.get("words"), given.get("ids_from")
        elsewhere = {
            name: option
            for name, option, used in (
                (name, "--ids-from" if path else "the argument", words or path),
                ("limit", "--limit", given["limit"]),
                ("fields", "--fields", self._fields),
            )
            if used
        }
        assigns = assigned(self._kind, given, elsewhere)
        if words and path:
            raise SettingError(ids_twice())
        if not path:
            if words:
                settings[name] = bound(words, given.get("values") or ())
            yield choosing.activity(assigns, **settings)
            return
        batch: list[JSON] = []
        for each in ids(lines_of(path)):
            if each.problem is not None:
                self._tell(each.problem)
                continue
            batch.append(each.value)
            if len(batch) == AT_ONCE:
                yield choosing.activity(assigns, **settings, **{name: batch})
                batch = []
        if batch:
            yield choosing.activity(assigns, **settings, **{name: batch})

    def _help(self, schemas: Schemas) -> None:
        if self._format in ("json", "jsonl"):
            for field in schemas.query:
                print_json({"field": field.name, "type": field.type, "help": field.description})
        elif schemas.query:
            rows = table("field", "how it is asked for")
            for field in schemas.query:
                rows.add_row(Text(field.name), Text(field.description))
            out.print(rows)
        else:
            out.print("No query can be asked here.")

    def _explain(self, plan: Plan) -> None:
        if self._format not in ("json", "jsonl"):
            for line in plan.lines:
                out.print(line)
            return
        print_json(
            {
                "calls": [
                    {"call": c.call, "parameters": dict(c.parameters), "expected": c.expected}
                    for c in plan.calls
                ],
                "expected": plan.expected,
                "fresh": plan.fresh,
                "lines": plan.lines,
            }
        )

    async def _count(
        self, connection: Connection, first: Activity, more: Iterator[Activity]
    ) -> None:
        total = None
        if not self._given.get("ids_from") and self._limit is None:
            source = await connection.source(first)
            total = await source.total()
        if total is None:
            total = 0
            async with aclosing(self._records(connection, first, more)) as records:
                async for record in records:
                    total += record.problem is None
        if self._format in ("json", "jsonl"):
            print_json({"count": total})
        else:
            out.print(str(total))

    async def _print(self, records: AsyncGenerator[Record, None], schemas: Schemas) -> None:
        words = self._given.get("words") or ()
        alone = self._command.several and not self._given["ids_from"] and len(words) < 2
        rows = rows_for(
            self._format,
            self._fields,
            schemas,
            alone=alone,
            mark=self._given["mark_formulas"],
        )
        unseen = {name: parse_path(name) for name in self._fields}
        shown = 0
        async with aclosing(records):
            async for record in records:
                if record.problem is not None:
                    self._tell(record.problem)
                    continue
                shown += 1
                if unseen:
                    unseen = _still_unseen(unseen, record)
                if not self._cut or shown <= SAMPLE:
                    rows.add(record.raw)
        rows.end()
        if self._cut and shown > SAMPLE:
            err.print(
                f"These are the first {SAMPLE}. More with --limit; all of them with --format csv "
                "or jsonl."
            )
        elif self._format == "table" and not shown and not self._problems:
            out.print("Nothing was found.")
        if shown:
            for name, path in unseen.items():
                err.print(_nothing_at(name, path, schemas.response, self._kind), markup=False)

    async def _records(
        self, connection: Connection, first: Activity, more: Iterator[Activity]
    ) -> AsyncGenerator[Record, None]:
        count = 0
        activity: Activity | None = first
        while activity is not None:
            source = await connection.source(activity)
            async with aclosing(source.read(None)) as pages:
                async for page in pages:
                    for record in page.records:
                        yield record
                        count += 1
                        if count == self._limit:
                            return
                    sys.stdout.flush()
            activity = next(more, None)

    def _tell(self, problem: Problem) -> None:
        self._problems += 1
        err.print(problem_text(problem))


def _still_unseen(unseen: Mapping[str, Path], record: Record) -> dict[str, Path]:
    """The fields that this record lacks too."""
    value = orjson.loads(record.raw)
    found = {name: read_each(value, path) for name, path in unseen.items()}
    return {name: path for name, path in unseen.items() if found[name] in (ABSENT, [])}


def _nothing_at(name: str, path: Path, record: Field, kind: ActivityType) -> str:
    """Why a column is empty, as far as the schema shows."""
    told = f"No record has anything at {name!r}."
    asking = next((f"--{each.name}" for each in kind.options if each.takes == "whole"), "")
    for depth in range(1, len(path) if asking else 0):
        field = find(record, path[:depth], "record", each=True)
        if isinstance(field, Field) and field.on_request:
            whole = format_path(path[:depth])
            return f"{told} {whole!r} is an id there, unless it is asked for: {asking} {whole}"
    return told


def _require(fields: Sequence[str], schemas: Schemas) -> None:
    """Raises SettingError for a field that no record can have."""
    problems = list(_faults(fields, schemas.response))
    if problems:
        raise SettingError(*problems)


def _faults(fields: Sequence[str], record: Field) -> Iterator[Problem]:
    for name in fields:
        try:
            path = parse_path(name)
        except PathError as error:
            yield Problem(
                "wrong_path",
                f"--fields {name!r} is no path: {error}.",
                "Write it like id,address.city.",
            )
            continue
        found = find(record, path, "record", each=True)
        if isinstance(found, Unknown):
            yield Problem("unknown_field", *found, path=name)
