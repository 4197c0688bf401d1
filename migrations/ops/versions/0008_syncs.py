"""Syncs: what was taken from production to development, and what became of its columns.

Revision: 0008
Follows: 0007

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "syncs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("source_uuid", sa.String(), nullable=False),
        sa.Column("database_uuid", sa.String(), nullable=False),
        sa.Column("from_revision", sa.String(), nullable=True),
        sa.Column("to_revision", sa.String(), nullable=True),
        sa.Column("backup", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("content_digest", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_syncs")),
        sa.UniqueConstraint("name", name=op.f("uq_syncs_name")),
    )
    for column in ("operation", "target"):
        op.create_index(op.f(f"ix_syncs_{column}"), "syncs", [column], unique=False)


def downgrade() -> None:
    op.drop_table("syncs")
