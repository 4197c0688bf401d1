"""Syncs: what production has and its revisions don't make, which stayed behind.

Revision: 0016
Follows: 0015

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("syncs", sa.Column("left_behind", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("syncs") as table:
        table.drop_column("left_behind")
