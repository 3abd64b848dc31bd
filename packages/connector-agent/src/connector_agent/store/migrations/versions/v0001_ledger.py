"""The first shape of the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("snapshot", sa.LargeBinary, nullable=False),
        sa.Column("record_limit", sa.Integer, nullable=True),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("updated", sa.Float, nullable=False),
        sa.Column("ended", sa.Float, nullable=True),
        sa.Column("cursor", sa.LargeBinary, nullable=True),
        sa.Column("exhausted", sa.Boolean, nullable=False),
        sa.Column("position", sa.LargeBinary, nullable=True),
        sa.Column("settled", sa.Integer, nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("filtered", sa.Integer, nullable=False),
        sa.Column("written", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("unknown", sa.Integer, nullable=False),
        sa.Column("replayed", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("problem", sa.LargeBinary, nullable=True),
    )
    op.create_table(
        "intents",
        sa.Column(
            "run", sa.String(40), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("lock", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("first_sent", sa.Float, nullable=True),
    )
    op.create_table(
        "outcomes",
        sa.Column(
            "run", sa.String(40), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("replayed", sa.Boolean, nullable=False),
        sa.Column("problem", sa.LargeBinary, nullable=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=True),
        sa.Column("ended", sa.Float, nullable=False),
    )
    op.create_table(
        "identities",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("identity_scope", sa.Text, primary_key=True),
        sa.Column("identity", sa.Text, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("first_sent", sa.Float, nullable=True),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("updated", sa.Float, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column(
            "run", sa.String(40), sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("runs_by_operation", "runs", ["operation", "created"])
    op.create_index("intents_by_identity", "intents", ["run", "identity"])
    op.create_index("events_by_run", "events", ["run", "id"])
    op.create_index("outcomes_by_identity", "outcomes", ["run", "identity"])
