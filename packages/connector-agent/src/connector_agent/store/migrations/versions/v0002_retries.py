"""What a run needs to be retried: which run it retries, and which records were taken up."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("retry_of", sa.String(40), nullable=True))
    op.add_column("outcomes", sa.Column("retried", sa.String(40), nullable=True))
    op.add_column(
        "outcomes",
        sa.Column("unreadable", sa.Boolean, nullable=False, server_default=sa.false()),
    )
