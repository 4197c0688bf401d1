"""Permanent sessions that an admin declared known, by role.

Revision: 0024
Follows: 0023

Only a new table: the release before works with either.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_sessions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("declared_by", sa.String, nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_because", sa.String),
    )
    op.create_index("ix_known_sessions_target", "known_sessions", ["target"])


def downgrade() -> None:
    op.drop_table("known_sessions")
