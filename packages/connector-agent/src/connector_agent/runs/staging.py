"""The stage of an operation that is about to run."""

from connector_agent.operations.operation import Operation
from connector_agent.runs.cards import CardGuard
from connector_agent.runs.lookups import Lookups
from connector_agent.runs.stage import Stage
from connector_agent.store import Database


def stage_of(opened: Operation, scope: str, database: Database) -> Stage:
    """Turns records of the operation into requests for the account and mode `scope`."""
    mapper, options = opened.mapper, opened.document.options
    lookups = None
    if mapper is not None and mapper.looks_up:
        lookups = Lookups(database, scope, mapper)
    return Stage(
        opened.document.identity,
        mapper.apply if mapper is not None else None,
        cards=CardGuard(frozenset(options.not_card_numbers), database.vault.sealing),
        blocking=mapper is not None and mapper.blocking,
        prepare=lookups.transform if lookups is not None else None,
        note=opened.composition.unseen.note,
    )
