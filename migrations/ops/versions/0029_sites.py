"""What outlives a restore of a directory: endings, deliveries of letters, pictures without a row;
and the restores themselves.

Revision: 0029
Follows: 0028

Only expands: the release before reads none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

VERSIONED = ("ended_on_sites", "letter_sendings", "unreferenced_pictures", "restores")

# As revision 0025 has them; its function is there on PostgreSQL alone.
TRIGGER = """
CREATE TRIGGER raise_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION raise_version();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER raise_version
"""


def upgrade() -> None:
    op.create_table(
        "ended_on_sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("database_uuid", sa.String(36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "deleted",
                "blocked",
                "mail-ended",
                "password-changed",
                name="endedkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("user_created_at", sa.DateTime(timezone=True)),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ended_on_sites"),
        sa.UniqueConstraint("uuid", name="uq_ended_on_sites_uuid"),
    )
    op.create_index("ix_ended_on_sites_database_uuid", "ended_on_sites", ["database_uuid"])
    op.create_table(
        "letter_sendings",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("database_uuid", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True)),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("is_sent", sa.Boolean(), nullable=False),
        sa.Column("why_not", sa.String(300)),
        sa.Column("host", sa.String(255)),
        sa.Column("process", sa.String(255)),
        sa.Column("lease", sa.String(36)),
        sa.PrimaryKeyConstraint("uuid", name="pk_letter_sendings"),
    )
    op.create_index("ix_letter_sendings_database_uuid", "letter_sendings", ["database_uuid"])
    op.create_index("ix_letter_sendings_finished_at", "letter_sendings", ["finished_at"])
    op.create_table(
        "unreferenced_pictures",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_unreferenced_pictures"),
    )
    op.create_table(
        "restores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("backup", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("applied", sa.JSON(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restores"),
    )
    op.create_index("ix_restores_target", "restores", ["target"])
    if op.get_bind().dialect.name == "postgresql":
        for table in VERSIONED:
            op.execute(f"INSERT INTO ops_versions (about, number) VALUES ('{table}', 0)")
            op.execute(TRIGGER.format(table=table))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in VERSIONED:
            op.execute(f"DELETE FROM ops_versions WHERE about = '{table}'")
    for table in reversed(VERSIONED):
        op.drop_table(table)
