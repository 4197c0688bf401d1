"""Words that the directory's search found little for, counted by day.

Revision: 0022
Follows: 0021

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "few_results",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column(
            "kind",
            sa.Enum(
                "word", "place", name="kind", native_enum=False, create_constraint=True, length=40
            ),
            primary_key=True,
        ),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("word", sa.String(60), nullable=True),
        sa.Column("searches", sa.Integer(), nullable=False),
    )
    op.create_index("ix_few_results_digest", "few_results", ["digest"])


def downgrade() -> None:
    op.drop_table("few_results")
