"""Applied: what the code of each applied revision was, and for which change an override counted.

Revision: 0019
Follows: 0018

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "applied_revisions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("database_uuid", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column(
            "noted",
            sa.Enum(
                "applied",
                "first-seen",
                "accepted",
                name="noted",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_applied_revisions_database_uuid", "applied_revisions", ["database_uuid"])
    op.add_column("overrides", sa.Column("used_by", sa.String(), nullable=True))
    op.add_column("overrides", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("overrides") as table:
        table.drop_column("used_at")
        table.drop_column("used_by")
    op.drop_index("ix_applied_revisions_database_uuid", "applied_revisions")
    op.drop_table("applied_revisions")
