"""When a person dismissed the first steps of a demo.

Revision: 0028
Follows: 0027

Only expands: the release before reads none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("first_steps_dismissed_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("accounts", "first_steps_dismissed_at")
