"""A ledger knows which one it is and how far it has come, so that a loss is noticed."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ledger = op.create_table(
        "ledger",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("loss", sa.Text, nullable=True),
    )
    op.bulk_insert(ledger, [{"id": secrets.token_hex(16), "generation": 0, "loss": None}])
    op.create_table(
        "accounted",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("identity_scope", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
