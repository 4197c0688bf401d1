"""Rooms: a control room has a title, and knows the place beside a target where leases stand.

Revision: 0018
Follows: 0017

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("control_room", sa.Column("title", sa.String(), nullable=True))
    op.add_column("registered_targets", sa.Column("lease_place", sa.String(), nullable=True))
    op.add_column("registered_targets", sa.Column("taken_by", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("registered_targets") as table:
        table.drop_column("taken_by")
        table.drop_column("lease_place")
    with op.batch_alter_table("control_room") as table:
        table.drop_column("title")
