"""Operations that were renamed keep their identities."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_scopes",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("operation", sa.Text, primary_key=True),
        sa.Column("identity_scope", sa.Text, nullable=False),
    )
    op.create_index(
        "operation_by_identity_scope",
        "identity_scopes",
        ["scope", "identity_scope"],
        unique=True,
    )
