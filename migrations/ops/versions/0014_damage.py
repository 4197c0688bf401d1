"""Damage: when a backup's file was last read whole, and why it is no longer what was verified.

Revision: 0014
Follows: 0013

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("backups", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("backups", sa.Column("damage", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("backups") as table:
        table.drop_column("damage")
        table.drop_column("checked_at")
