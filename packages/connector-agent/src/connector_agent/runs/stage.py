"""From a source record to the call that will be sent: mapped, looked up, checked, encoded."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import orjson
from connector_sdk import JSON, Body, Problem, Record, Request, Target, one_problem
from connector_sdk.path import format_path, parse_path
from sqlalchemy import Connection

from connector_agent.mapping import Found, Mapped, Mapper, Wanted
from connector_agent.mapping.value import identity_of
from connector_agent.operations.operation import Operation
from connector_agent.project.names import canonical
from connector_agent.runs.guards import CardGuard, is_plain, long_number, loses_digits, masked
from connector_agent.runs.identities import Identities, identity_scope_of
from connector_agent.runs.item import Item
from connector_agent.store import Database

Transform = Callable[[dict[str, JSON], str], Mapped]
"""A mapping: a record and its place give a request."""


class Transforms(NamedTuple):
    """The mapping for requests (None: a record is its own), and that for updates of what an
    earlier run wrote (None: the same)."""

    create: Transform | None = None
    update: Transform | None = None


Prepare = Callable[[Sequence[Record]], Awaitable[Transforms]]
"""Makes the mappings of a batch of records, with all that they need from elsewhere."""


class Stage:
    """Maps records; without `maps` each is its own request. `identity` holds paths; `note` is
    called with each record; a `blocking` transform runs in a thread; `prepare` gives the
    transforms for each batch. Raises PathError."""

    def __init__(
        self,
        identity: Sequence[str],
        transform: Transform | None,
        *,
        cards: CardGuard,
        blocking: bool = False,
        update: Transform | None = None,
        prepare: Prepare | None = None,
        note: Callable[[JSON], None] | None = None,
    ) -> None:
        self.identity = tuple(parse_path(path) for path in identity)
        self._transforms = Transforms(transform, update)
        self.cards = cards
        self.maps = bool(identity) or transform is not None
        self._blocking = blocking
        self._prepare = prepare
        self._note = note

    async def all(self, records: Sequence[tuple[int, Record]]) -> list[Item]:
        """The writes of numbered records, in order."""
        transforms = self._transforms
        if self._prepare is not None:
            transforms = await self._prepare([record for _, record in records])
        if self._blocking:
            return await asyncio.to_thread(self._all, records, transforms)
        return self._all(records, transforms)

    def _all(self, records: Sequence[tuple[int, Record]], transforms: Transforms) -> list[Item]:
        items = []
        plain = is_plain(b"\n".join([record.raw for _, record in records]))
        for seq, record in records:
            item = self._item(seq, record, transforms, plain=plain)
            if not plain and self.cards.suspects(record.raw):
                item = self._without_card(item, record)
            items.append(item)
        return items

    def _without_card(self, item: Item, record: Record) -> Item:
        """The same item, refused if a card number is in it."""
        for updates in (False, True):
            request, _ = item.request(updates=updates)
            made = _raw(request) if item.problem is None else None
            problem = self.cards.check(record.raw, made)
            if problem is not None:
                harmless = record._replace(raw=masked(record.raw))
                return Item.refused(item.seq, harmless, self.identity_in(harmless), problem)
        return item

    def _item(self, seq: int, record: Record, transforms: Transforms, *, plain: bool) -> Item:
        transform = transforms.create
        if record.problem is not None:
            return Item.refused(seq, record, self.identity_in(record), record.problem)
        if not self.identity and transform is None:
            return Item(seq, record.at, record.raw)
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError as error:
            problem = Problem(
                "not_json",
                f"The record is not JSON: {error}.",
                "Correct the record in its source.",
            )
            return Item.refused(seq, record, "", problem)
        long = "" if plain else long_number(record.raw)
        if long:
            return Item.refused(seq, record, "", loses_digits(long))
        if self._note is not None:
            self._note(value)
        identity = identity_of(value, self.identity)
        if self.identity and not identity:
            names = " and ".join(map(format_path, self.identity))
            problem = Problem(
                "no_identity",
                f"The record has no {names}, which is its identity.",
                "Fill it in; without it a repeat could not be recognised.",
                path=format_path(self.identity[0]),
            )
            return Item.refused(seq, record, "", problem)
        item = Item(seq, record.at, record.raw, identity)
        if transform is not None:
            item.create = transform(value, record.at)
            if transforms.update is not None:
                item.update = transforms.update(value, record.at)
        return item

    def identity_in(self, record: Record) -> str:
        """The identity of a record; "" where it has none."""
        try:
            value = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            return ""
        return identity_of(value, self.identity)


def prepared(item: Item, target: Target, cards: CardGuard, existing: str = "") -> Body | Problem:
    """The call of an item, checked and encoded by its target; with `existing`, the update of
    that object. No card number gets into the call or a problem."""
    request, mapped = item.request(updates=bool(existing))
    try:
        found = target.prepare(request, existing)
    except (TypeError, ValueError):
        if mapped is None or _raw(request) is not None:
            raise
        return _not_written()._replace(at=item.at)
    if mapped is None:
        return found if isinstance(found, Body) else one_problem(found)._replace(at=item.at)
    made = found.json if isinstance(found, Body) else _raw(request) or b""
    if cards.suspects(made):
        card = cards.check(item.record, _raw(request))
        if card is not None:
            item.record = masked(item.record)
            return card._replace(at=item.at)
    if isinstance(found, Body) and not mapped.problems:
        long = long_number(made)
        return _too_long(long)._replace(at=item.at) if long else found
    faults = () if isinstance(found, Body) else (found,) if isinstance(found, Problem) else found
    problem = one_problem(mapped.faults(faults))
    return problem if problem.at else problem._replace(at=item.at)


def _raw(request: Request) -> bytes | None:
    """The JSON of a request; None where it can't be written."""
    try:
        return request.raw
    except (TypeError, ValueError):
        return None


def _not_written() -> Problem:
    return Problem(
        "mapping_not_json",
        "The mapping makes a value that JSON can't express.",
        "Correct the step or the expression that gives it.",
    )


def _too_long(number: str) -> Problem:
    return loses_digits(number)._replace(
        remedy="Correct the step or the expression that gives it, or make text of it."
    )


_AT_ONCE = 5_000
"""Identities in one query: SQLite takes 32,766 values."""


class Lookups:
    """Looks up ids for the mappings of one operation on the account and mode `scope`."""

    def __init__(self, database: Database, scope: str, mappers: Sequence[Mapper]) -> None:
        self._database = database
        self._scope = scope
        self._mappers = mappers

    async def transforms(self, records: Sequence[Record]) -> Transforms:
        """The mappings with the ids that these records need."""
        asked = await asyncio.to_thread(self._asked, records)
        found: Found = {}
        if asked:
            found = await self._database.call(lambda connection: self._find(connection, asked))
        return Transforms(*(partial(mapper.apply, found=found) for mapper in self._mappers))

    def _asked(self, records: Sequence[Record]) -> Mapping[str, list[str]]:
        """The identities to look up, by operation."""
        asked: dict[str, dict[str, None]] = {}
        for record in records:
            if record.problem is not None:
                continue
            try:
                value = orjson.loads(record.raw)
            except orjson.JSONDecodeError:
                continue  # told when the record is staged
            for mapper in self._mappers:
                for operation, identity in mapper.wanted(value):
                    asked.setdefault(operation, {})[identity] = None
        return {operation: list(identities) for operation, identities in asked.items()}

    def _find(self, connection: Connection, asked: Mapping[str, list[str]]) -> Found:
        found: dict[Wanted, str] = {}
        for operation, wanted in asked.items():
            identity_scope = identity_scope_of(connection, self._scope, canonical(operation))
            identities = Identities(self._scope, identity_scope, "")
            for at in range(0, len(wanted), _AT_ONCE):
                known = identities.known(connection, wanted[at : at + _AT_ONCE])
                found |= {
                    Wanted(operation, identity): each.object
                    for identity, each in known.items()
                    if each.object
                }
        return found


def stage_of(opened: Operation, scope: str, database: Database) -> Stage:
    """The stage of an operation on the account and mode `scope`."""
    composition, options = opened.composition, opened.document.options
    mappers = [each for each in (composition.mapper, composition.updater) if each is not None]
    lookups = None
    if any(mapper.looks_up for mapper in mappers):
        lookups = Lookups(database, scope, mappers)
    return Stage(
        opened.document.identity,
        composition.mapper.apply if composition.mapper is not None else None,
        update=composition.updater.apply if composition.updater is not None else None,
        cards=CardGuard(frozenset(options.not_card_numbers), database.vault.sealing),
        blocking=any(mapper.blocking for mapper in mappers),
        prepare=lookups.transforms if lookups is not None else None,
        note=composition.unseen.note,
    )
