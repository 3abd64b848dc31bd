"""Ids that other operations wrote, fetched from the ledger for a batch of records at once."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import orjson
from connector_sdk import Record
from sqlalchemy import Connection

from connector_agent.mapping import Found, Mapper, Wanted
from connector_agent.project.names import canonical
from connector_agent.runs.identities import Identities
from connector_agent.runs.identity_scope import identity_scope_of
from connector_agent.runs.stage import Transforms
from connector_agent.store import Database

_AT_ONCE = 5_000
"""Identities in one query: SQLite takes 32,766 values."""


class Lookups:
    """Looks up for the mappings of one operation, that of its requests and perhaps that of its
    updates, on the account and mode `scope`."""

    def __init__(self, database: Database, scope: str, mappers: Sequence[Mapper]) -> None:
        self._database = database
        self._scope = scope
        self._mappers = mappers

    async def transforms(self, records: Sequence[Record]) -> Transforms:
        """The mappings with the ids that these records ask for."""
        asked = await asyncio.to_thread(self._asked, records)
        found: Found = {}
        if asked:
            found = await self._database.call(lambda connection: self._find(connection, asked))
        return Transforms(*(partial(mapper.apply, found=found) for mapper in self._mappers))

    def _asked(self, records: Sequence[Record]) -> Mapping[str, list[str]]:
        """The identities that are looked up, by operation."""
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
