"""Shares: the texts of reports that clients read, and the reports they no longer read by default.

Revision: 0009
Follows: 0008

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_shares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared_by_id", sa.Integer(), nullable=True),
        sa.Column("shared_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_shares")),
    )
    op.create_index(op.f("ix_report_shares_slug"), "report_shares", ["slug"], unique=False)
    op.create_index(
        "uq_report_shares_open",
        "report_shares",
        ["slug"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "unshared_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slugs", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_unshared_reports_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unshared_reports")),
    )


def downgrade() -> None:
    op.drop_table("unshared_reports")
    op.drop_table("report_shares")
