"""The tables of the ledger.

Times are Unix seconds (float). JSON is stored as UTF-8 bytes, exactly as it is sent. `runs` and the
tables that refer to it may be deleted after a while; the rest is kept for ever.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("operation", Text, nullable=False),
    Column("scope", Text, nullable=False, comment="owner of keys and identities: account 1/test"),
    Column("mode", String(16), nullable=False, comment="live, test, sandbox or none"),
    Column("status", String(16), nullable=False),
    Column("epoch", Integer, nullable=False, comment="rises when a process takes the run"),
    Column("snapshot", LargeBinary, nullable=False, comment="all that the run was made from"),
    Column("record_limit", Integer, nullable=True),
    Column("created", Float, nullable=False),
    Column("updated", Float, nullable=False),
    Column("ended", Float, nullable=True),
    Column("cursor", LargeBinary, nullable=True, comment="after the last stored record"),
    Column("exhausted", Boolean, nullable=False, comment="the source has nothing more"),
    Column("position", LargeBinary, nullable=True, comment="where a positioned target ends"),
    Column("settled", Integer, nullable=False, comment="all records up to this one have outcomes"),
    Column("read", Integer, nullable=False),
    Column("filtered", Integer, nullable=False),
    Column("written", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("replayed", Integer, nullable=False),
    Column("seconds", Float, nullable=False, comment="time spent executing, over all resumes"),
    Column("problem", LargeBinary, nullable=True, comment="why it stopped"),
)
Index("runs_by_operation", runs.c.operation, runs.c.created)

intents = Table(
    "intents",
    metadata,
    Column("run", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("key", String(255), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("lock", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("first_sent", Float, nullable=True, comment="when it may have been sent first"),
    Column("synced", Boolean, nullable=True, comment="whether that is by the target's clock"),
)
Index("intents_by_identity", intents.c.run, intents.c.identity)

outcomes = Table(
    "outcomes",
    metadata,
    Column("run", String(40), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("object", Text, nullable=False, comment="id in the target"),
    Column("request_id", Text, nullable=False),
    Column("replayed", Boolean, nullable=False),
    Column("problem", LargeBinary, nullable=True),
    Column("identity", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("record", LargeBinary, nullable=True, comment="only where no intent holds it"),
    Column("ended", Float, nullable=False),
)

Index("outcomes_by_identity", outcomes.c.run, outcomes.c.identity)

identities = Table(
    "identities",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("identity_scope", Text, primary_key=True),
    Column("identity", Text, primary_key=True),
    Column("state", String(16), nullable=False, comment="the kind of its last outcome"),
    Column("object", Text, nullable=False, comment="id in the target; kept once written"),
    Column("attempt", Integer, nullable=False, comment="the attempt of the next key"),
    Column("first_sent", Float, nullable=True, comment="of a call whose fate is open"),
    Column("synced", Boolean, nullable=True, comment="whether that is by the target's clock"),
    Column("run", String(40), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("updated", Float, nullable=False),
)

identity_scopes = Table(
    "identity_scopes",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("operation", Text, primary_key=True, comment="its name now"),
    Column("identity_scope", Text, nullable=False, comment="what stands for it in identities"),
    comment="Of operations that were renamed; the others' identity scope is their name.",
)
Index(
    "operation_by_identity_scope",
    identity_scopes.c.scope,
    identity_scopes.c.identity_scope,
    unique=True,
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String(40), ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("at", Float, nullable=False),
    Column("level", String(8), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", Text, nullable=False),
)
Index("events_by_run", events.c.run, events.c.id)

ledger = Table(
    "ledger",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("generation", Integer, nullable=False, comment="rises with each change of anything"),
    Column("loss", Text, nullable=True, comment="what was lost before, when that was noticed"),
    comment="One row: which ledger this is.",
)

accounted = Table(
    "accounted",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("identity_scope", Text, primary_key=True),
    Column("at", Float, nullable=False),
    comment="Operations that were rebuilt, or begun with --new, since the loss.",
)
