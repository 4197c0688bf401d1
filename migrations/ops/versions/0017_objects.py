"""Objects: what a rehearsal compared besides rows, and why people let some of it go.

Revision: 0017
Follows: 0016

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("objects", sa.JSON(), nullable=True))
    for column in _reason():
        op.add_column("tickets", column)


def downgrade() -> None:
    with op.batch_alter_table("tickets") as table:
        for column in _reason():
            table.drop_column(column.name)
    with op.batch_alter_table("plans") as table:
        table.drop_column("objects")


def _reason() -> list[sa.Column]:
    return [
        sa.Column("objects_reason", sa.Text(), nullable=True),
        sa.Column("objects_reason_by_id", sa.Integer(), nullable=True),
        sa.Column("objects_reason_by", sa.String(), nullable=True),
        sa.Column("objects_reason_at", sa.DateTime(timezone=True), nullable=True),
    ]
