"""Indexes of the audit log that read the newest entries of a value without a sort.

Revision: 0021
Follows: 0020

Only indexes: the release before works with either.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BEFORE = ("at", "action", "outcome", "target", "actor_id")
SINCE = ("at", "action", "outcome", "target", "actor_role")
IS_NAME = sa.text("field = 'name'")


def upgrade() -> None:
    for column in SINCE:
        op.create_index(f"ix_audit_{column}_seq", "audit", [column, "seq"])
    op.create_index(
        "ix_audit_personal_name",
        "audit_personal",
        ["value", "seq"],
        sqlite_where=IS_NAME,
        postgresql_where=IS_NAME,
    )
    for column in BEFORE:
        op.drop_index(f"ix_audit_{column}", "audit")


def downgrade() -> None:
    for column in BEFORE:
        op.create_index(f"ix_audit_{column}", "audit", [column])
    op.drop_index("ix_audit_personal_name", "audit_personal")
    for column in SINCE:
        op.drop_index(f"ix_audit_{column}_seq", "audit")
