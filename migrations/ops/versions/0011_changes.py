"""Which operation began a maintenance by itself, and which passwords were handed over.

Revision: 0011
Follows: 0010

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "registered_targets", sa.Column("maintenance_operation", sa.String(), nullable=True)
    )
    op.add_column(
        "accounts", sa.Column("password_handed_over_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("accounts", "password_handed_over_at")
    op.drop_column("registered_targets", "maintenance_operation")
