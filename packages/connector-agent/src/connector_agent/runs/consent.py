"""Asks for consent before a run moves money or does what can't be undone on a live account."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy
from connector_sdk import IRREVERSIBLE, JSON, Connection, Guarded, SettingError, Source

from connector_agent.operations.guard import Question, Tally, can_concern
from connector_agent.operations.operation import Operation
from connector_agent.runs.identities import Identities, identity_scope_of
from connector_agent.runs.item import Item
from connector_agent.runs.stage import stage_of
from connector_agent.store import Database

LOOK = 100_000
"""Records that are read and mapped before a run, to say what it comes to."""

Ask = Callable[[Question], Awaitable[None]]
"""Comes back after a yes; raises what ends the command after a no."""


@dataclass(frozen=True, slots=True)
class Consent:
    """`yes` gives it in advance, `ask` asks a person; with neither, a run that needs it is
    refused."""

    yes: bool = False
    ask: Ask | None = None


NOBODY = Consent()

Opening = Callable[[], Awaitable[tuple[Source, Connection | None]]]
"""Opens what a run reads, and gives what is to be closed after it."""


def allowed(opened: Operation) -> Operation:
    """The operation with a target that may do it."""
    activity = opened.target.activity
    settings = {**activity.settings, IRREVERSIBLE: "allow"}
    return replace(
        opened, target=replace(opened.target, activity=replace(activity, settings=settings))
    )


def noted(opened: Operation) -> dict[str, JSON]:
    """The consent as the run's snapshot stores it, so that a resume doesn't ask again."""
    given = opened.target.activity.settings.get(IRREVERSIBLE)
    return {} if given is None else {IRREVERSIBLE: given}


def was_given(snapshot: Any) -> bool:
    """Whether the run started with consent."""
    return bool(snapshot.get(IRREVERSIBLE) == "allow")


class Asking:
    """Asks about one run of `opened` on `scope`, whose guard is `guard`."""

    def __init__(
        self, database: Database, opened: Operation, scope: str, guard: Guarded, consent: Consent
    ) -> None:
        self._database = database
        self._opened = opened
        self._scope = scope
        self._guard = guard
        self._consent = consent

    async def before(
        self, source: Opening | None = None, limit: int | None = None, *, local: bool = False
    ) -> Operation:
        """The operation to run: with permission, or unchanged where none of its records needs
        it. To say how many and how much, the source is read once where that needs no call: from
        files, or where it is `local`. Raises SettingError where nobody can be asked."""
        guard, consent, opened = self._guard, self._consent, self._opened
        if consent.yes:
            return allowed(opened)
        if guard.always and consent.ask is None:
            raise SettingError(guard.refusal)
        local = local or (opened.source.connection.mode == "none" and opened.driving is None)
        tally, whole = None, False
        if source is not None and local:
            tally = Tally(guard, opened.target.schemas)
            whole = await self._weigh(source, tally, limit)
        lines, schemas = opened.composition.lines, opened.target.schemas
        concerns = bool(tally.count) if tally and whole else can_concern(guard, lines, schemas)
        if not concerns and not guard.always:
            return opened
        if consent.ask is None:
            raise SettingError(guard.refusal)
        first = LOOK if tally is not None and not whole else 0
        await consent.ask(Question(guard, self._scope.partition("/")[0], tally, first))
        return allowed(opened)

    async def _weigh(self, opening: Opening, tally: Tally, limit: int | None) -> bool:
        source, file = await opening()
        try:
            return await self._look(source, tally, limit)
        finally:
            if file is not None:
                await file.close()

    async def _look(self, source: Source, tally: Tally, limit: int | None) -> bool:
        """Maps records without sending; returns whether those were all."""
        stage = stage_of(self._opened, self._scope, self._database)
        most = LOOK if limit is None else min(limit, LOOK)
        seen: set[str] = set()
        read = 0
        async with aclosing(source.read(None)) as pages:
            async for page in pages:
                if read >= most:
                    return most == limit
                records = page.records[: most - read]
                items = await stage.all(list(enumerate(records, read + 1)))
                read += len(records)
                done = seen | await self._done(item.identity for item in items if item.identity)
                for item in items:
                    if item.problem is None and item.identity not in done:
                        self._count(item, tally)
                    if item.identity:
                        seen.add(item.identity)
                if len(records) < len(page.records):
                    return most == limit
        return True

    def _count(self, item: Item, tally: Tally) -> None:
        request, mapped = item.request(updates=False)
        if mapped is not None and mapped.problems:
            return
        with suppress(ValueError):  # refused later
            tally.add_value(request.values)

    async def _done(self, identities: Iterable[str]) -> set[str]:
        """Identities that are already written."""
        wanted = list(identities)
        if not wanted or self._opened.document.options.repeat == "create":
            return set()
        name = self._opened.document.name

        def known(connection: sqlalchemy.Connection) -> set[str]:
            scope = identity_scope_of(connection, self._scope, name)
            found = Identities(self._scope, scope, "").known(connection, wanted)
            return {one for one, each in found.items() if each.object or each.state == "written"}

        return await self._database.call(known)
