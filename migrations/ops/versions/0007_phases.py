"""Maintenance mode, windows, overrides, and what a drift is told from.

Revision: 0007
Follows: 0006

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def added() -> dict[str, tuple[sa.Column, ...]]:
    return {
        "registered_targets": (
            sa.Column("schema_objects", sa.JSON(), nullable=True),
            sa.Column("maintenance_since", sa.DateTime(timezone=True), nullable=True),
            sa.Column("maintenance_by", sa.String(), nullable=True),
            sa.Column("maintenance_because", sa.String(), nullable=True),
            sa.Column("requires_window", sa.Boolean(), server_default=sa.false(), nullable=False),
        ),
        "plans": (
            sa.Column("findings", sa.JSON(), nullable=True),
            sa.Column("schema_after", sa.String(), nullable=True),
        ),
        "leases": (
            sa.Column("ended_by", sa.String(), nullable=True),
            sa.Column("ended_because", sa.String(), nullable=True),
        ),
    }


def upgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    create_windows()
    create_overrides()


def create_windows() -> None:
    op.create_table(
        "windows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.String(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_windows")),
    )
    op.create_index(op.f("ix_windows_target"), "windows", ["target"], unique=False)


def create_overrides() -> None:
    kinds = sa.Enum(
        "soak", "window", name="overridekind", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index(op.f("ix_overrides_target"), "overrides", ["target"], unique=False)


def downgrade() -> None:
    op.drop_table("overrides")
    op.drop_table("windows")
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
