"""The stage of an operation that is about to run."""

from connector_agent.operations.operation import Operation
from connector_agent.runs.cards import CardGuard
from connector_agent.runs.lookups import Lookups
from connector_agent.runs.stage import Stage
from connector_agent.store import Database


def stage_of(opened: Operation, scope: str, database: Database) -> Stage:
    """Turns records of the operation into requests for the account and mode `scope`."""
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
