"""Which events of staff's changes in a directory are in the audit log, and what of them a restore
must apply again.

Revision: 0030
Follows: 0029

Only expands: the release before reads none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# As revision 0025 has it; its function is there on PostgreSQL alone.
TRIGGER = """
CREATE TRIGGER raise_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON drained_events
FOR EACH STATEMENT EXECUTE FUNCTION raise_version();
ALTER TABLE drained_events ENABLE ALWAYS TRIGGER raise_version
"""


def upgrade() -> None:
    op.create_table(
        "drained_events",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("database_uuid", sa.String(36), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.String(40), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("user_created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("studio_number", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("uuid", name="pk_drained_events"),
    )
    op.create_index("ix_drained_events_database_uuid", "drained_events", ["database_uuid"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("INSERT INTO ops_versions (about, number) VALUES ('drained_events', 0)")
        op.execute(TRIGGER)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DELETE FROM ops_versions WHERE about = 'drained_events'")
    op.drop_table("drained_events")
