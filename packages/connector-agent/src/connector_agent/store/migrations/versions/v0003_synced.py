"""Whether the time of a first send is by the target's clock: before, all were by the machine's."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for table in ("intents", "identities"):
        op.add_column(table, sa.Column("synced", sa.Boolean(), nullable=True))
