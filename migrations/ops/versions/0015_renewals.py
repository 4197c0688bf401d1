"""Renewals: a lease counts its signs of life, so that no clock is needed to see that one came.

Revision: 0015
Follows: 0014

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("leases", sa.Column("renewals", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("leases") as table:
        table.drop_column("renewals")
