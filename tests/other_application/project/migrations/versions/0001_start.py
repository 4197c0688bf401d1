"""Subscribers, and what was sent to them.

Revision ID: n0001
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "n0001", None


def upgrade():
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("nickname", sa.String(200)),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "subscriber_id",
            sa.Integer,
            sa.ForeignKey("subscribers.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("issue", sa.String(80), nullable=False),
    )


def downgrade():
    op.drop_table("deliveries")
    op.drop_table("subscribers")
