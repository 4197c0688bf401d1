"""Indexes by which pages find what is open, what stands, and operations of a kind.

Revision: 0023
Follows: 0022

Only indexes: the release before works with either.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

COLUMNS = {
    "operations": ["kind", "finished_at"],
    "backups": ["removed_at"],
    "questions": ["answered_at"],
    "leases": ["ended_at"],
    "login_sessions": ["ended_at"],
    "windows": ["ends_at"],
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def downgrade() -> None:
    for table, columns in COLUMNS.items():
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
