"""One-off commands of targets."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import typer
from connector_sdk import (
    IRREVERSIBLE,
    KINDS,
    Activity,
    ActivityType,
    Command,
    Connection,
    Connector,
    ConnectorError,
    Guarded,
    MemoryHost,
    Option,
    Problem,
    Record,
    SettingError,
)
from connector_sdk.keys import new_prefix
from connector_sdk.open_outcomes import OUT
from connector_sdk.writing import Writing, Written

from connector_agent.cli.one_off.connecting import connected
from connector_agent.cli.one_off.rows import Printer, format_of
from connector_agent.cli.one_off.words import (
    activity_words,
    assigned,
    ids_twice,
    option_for,
    require_faultless,
    setting_as_option,
)
from connector_agent.cli.output import (
    COULD_NOT_RUN,
    INTERRUPTED,
    WITH_PROBLEMS,
    by_option,
    confirm,
    err,
    fail,
    has_terminal,
    mode_text,
    problem_text,
)
from connector_agent.cli.signals import on_signal
from connector_agent.one_off.assignment import Choosing, applied, assignments
from connector_agent.one_off.intake import Given, ids, lines_of, objects
from connector_agent.one_off.requests import Feed, about, of_ids, of_objects
from connector_agent.one_off.requests import writing as writing_of
from connector_agent.operations.guard import Question, Tally


def write(
    connector: Connector, kind: ActivityType, command: Command, given: Mapping[str, Any]
) -> None:
    """Writes the given requests and prints each outcome."""
    writing = _Writing(kind, command, given)
    try:
        status = asyncio.run(writing.run(connector))
    except ConnectorError as error:
        fail(by_option(activity_words(error, kind, command)), as_json=given["as_json"])
    except KeyboardInterrupt:
        err.print(writing.farewell())
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(status)


class _Writing:
    def __init__(self, kind: ActivityType, command: Command, given: Mapping[str, Any]) -> None:
        self._kind = kind
        self._command = command
        self._given = given
        self._prefix: str = given["key"] or new_prefix()
        self._printer = Printer(format_of(given), mark=given["mark_formulas"])
        self._counts: Counter[str] = Counter()
        self._parts: dict[str, Option] = {}
        self._interrupted = False
        self._unread = False

    async def run(self, connector: Connector) -> int:
        """The exit status."""
        async with connected(connector, self._given) as (connection, host):
            activity = self._activity(connection)
            faults = await connection.check(activity)
            require_faultless(each for each in faults if each.code != IRREVERSIBLE)
            records = self._records()
            guard = await connection.guard(activity)
            if guard is not None and not self._given["yes"]:
                waiting, asked = await self._asked(connection, activity, guard, records)
                records = iter(waiting)
            else:
                asked = False
            if connection.mode == "live" and not asked:
                err.print(mode_text("live"), f"{self._command.name} {activity.on}")
            if guard is not None and (asked or self._given["yes"]):
                settings = {**activity.settings, IRREVERSIBLE: "allow"}
                activity = replace(activity, settings=settings)
            target = await connection.target(activity)
            feed = Feed(records)
            again = bool(self._given["key"])
            writing = writing_of(target, feed.all(), self._prefix, given=again)
            with on_signal(lambda: self._stop(host, feed), self.farewell()):
                await self._print(writing, host, feed)
            return self._end(writing)

    async def _asked(
        self,
        connection: Connection,
        activity: Activity,
        guard: Guarded,
        records: Iterator[Record],
    ) -> tuple[list[Record], bool]:
        """The records, and whether the user confirmed them; False if none moves money or is
        irreversible. Raises typer.Exit after a no, SettingError without a terminal."""
        if guard.always and not has_terminal():
            raise SettingError(guard.refusal)
        tally = Tally(guard, await connection.schemas(activity))
        waiting = list(records)
        for record in waiting:
            if record.problem is None:
                tally.add(record.raw)
        if not tally.count and not guard.always:
            return waiting, False
        if not has_terminal():
            raise SettingError(guard.refusal)
        tested = await connection.test()
        account = tested.account or "an account that is not known"
        confirm(Question(guard, account, tally))
        return waiting, True

    def farewell(self) -> str:
        """The message for an immediate end."""
        return (
            "Ended at once: what was under way may have been done.\n"
            f"  next: {self._how_to_repeat()}"
        )

    def tell_how_to_repeat(self) -> None:
        """Prints how to repeat the command safely."""
        err.print(f"  next: {self._how_to_repeat()}")

    def _how_to_repeat(self) -> str:
        return (
            "These commands keep no ledger. Within a day the same command with "
            f"--key {self._prefix} does nothing twice."
        )

    def _activity(self, connection: Connection) -> Activity:
        given = self._given
        choosing = Choosing(
            connection,
            self._kind,
            given["object"],
            self._command.action or given.get("action", ""),
        )
        for option in self._kind.options:
            setting = choosing.setting(option.setting)
            if setting is not None and option.takes == "parts":
                self._parts |= {field.name: option for field in setting.fields}
        return choosing.activity(assigned(self._kind, given))

    def _records(self) -> Iterator[Record]:
        given, argument = self._given, self._command.argument
        words, path, data = given.get("words"), given.get("ids_from"), given["data"]
        fields = assignments(given["given"] or (), "--set")
        if (words and path) or (data and (words or path)):
            raise SettingError(ids_twice() if words and path else _ids_and_data())
        if data:
            return of_objects(objects(lines_of(data)), fields)
        same = applied({}, fields)
        if path:
            return of_ids(ids(lines_of(path)), argument, same)
        if words:
            names = [words] if isinstance(words, str) else words
            return of_ids(about(names), argument, same)
        if not fields and not argument:
            raise SettingError(_nothing_given())
        return of_objects([Given(same, "")], ())

    async def _print(self, writing: Writing, host: MemoryHost, feed: Feed[Record]) -> None:
        async with aclosing(writing.outcomes()) as outcomes:
            async for told in outcomes:
                self._counts[told.outcome.kind] += 1
                if self._unread:
                    continue
                try:
                    self._printer.add(self._in_words(told))
                except BrokenPipeError:
                    # Calls already sent must finish, even though no one reads their outcomes.
                    self._unread = True
                    host.stop()
                    feed.stop()

    def _in_words(self, told: Written) -> Written:
        problem = told.outcome.problem
        if problem is None:
            return told
        problem = setting_as_option(problem)
        if not self._given["data"]:
            problem = option_for(problem, self._command, self._parts)
        return told._replace(outcome=told.outcome._replace(problem=problem))

    def _stop(self, host: MemoryHost, feed: Feed[Record]) -> None:
        err.print("Stopping after the calls already sent. Press Ctrl-C again to end at once.")
        self._interrupted = True
        host.stop()
        feed.stop()

    def _end(self, writing: Writing) -> int:
        if not self._unread:
            self._printer.end()
        problems = sum(self._counts[kind] for kind in ("refused", "failed", "unknown"))
        early = self._interrupted or self._unread or writing.stopped is not None
        if sum(self._counts.values()) > 1 or problems or early:
            told = [f"{self._counts[kind]:,} {kind}" for kind in KINDS if self._counts[kind]]
            rest = " Nothing after that was sent." if early else ""
            err.print(f"{', '.join(told) or 'Nothing was written'}.{rest}")
        if writing.stopped is not None:
            err.print(problem_text(_in_a_command(writing.stopped.problem)))
        if early or self._counts["unknown"] or self._counts["failed"]:
            self.tell_how_to_repeat()
        if self._unread:
            raise BrokenPipeError(32, "Broken pipe")
        if self._interrupted:
            return INTERRUPTED
        if writing.stopped is not None:
            return COULD_NOT_RUN
        return WITH_PROBLEMS if problems else 0


def _in_a_command(problem: Problem) -> Problem:
    if problem.code != OUT:
        return problem
    return problem._replace(
        remedy="Wait until the target works again, then give the command once more for what was "
        "not written."
    )


def _ids_and_data() -> Problem:
    return Problem(
        "ids_and_data",
        "Ids and --data are both given.",
        "Put the ids into the objects of --data, as their field `id`.",
    )


def _nothing_given() -> Problem:
    return Problem(
        "nothing_given",
        "Nothing to write is given.",
        "Give fields with --set, or whole objects with --data.",
    )
