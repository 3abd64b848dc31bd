"""An encrypted ledger takes no new run without its key: it would keep people's records openly."""

from connector_sdk import Problem
from sqlalchemy import Connection, select

from connector_agent.store.tables import intents, outcomes
from connector_agent.store.vault import VARIABLE, is_sealed, vault_of


def sealing_faults(connection: Connection) -> list[Problem]:
    """What is wrong where the newest record of the ledger is encrypted and no key is set."""
    if vault_of(connection).sealing:
        return []
    for table in (intents, outcomes):
        newest = (
            select(table.c.record)
            .where(table.c.record.is_not(None))
            .order_by(table.c.run.desc(), table.c.seq.desc())
            .limit(1)
        )
        record = connection.execute(newest).scalar()
        if record is not None and is_sealed(record):
            return [
                Problem(
                    "ledger_sealed",
                    f"The ledger is encrypted, and {VARIABLE} is not set: the records of a new "
                    "run would be kept openly.",
                    f"Set it to the key that the ledger was written with: export {VARIABLE}=…; "
                    "where that is lost, to a new one of 'connector ledger key'.",
                )
            ]
    return []
