"""Live incidents, their updates, and the mailings that carry an update.

Revision: 0026
Follows: 0025

Only expands: the release before reads none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

VERSIONED = ("incident_updates", "live_incidents")

# As revision 0025 has them; its function is there on PostgreSQL alone.
TRIGGER = """
CREATE TRIGGER raise_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION raise_version();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER raise_version
"""


def upgrade() -> None:
    op.create_table(
        "live_incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "critical",
                "major",
                "minor",
                "maintenance",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "phase",
            sa.Enum(
                "investigating",
                "identified",
                "monitoring",
                "resolved",
                "scheduled",
                "under way",
                "done",
                "cancelled",
                name="phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "audience",
            sa.Enum(
                "public",
                "clients",
                "internal",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("clients", sa.JSON(), nullable=False),
        sa.Column("affected", sa.JSON(), nullable=False),
        sa.Column("lead_id", sa.Integer()),
        sa.Column("lead", sa.String()),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.String()),
        sa.Column("mitigated_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("begins_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("next_update_at", sa.DateTime(timezone=True)),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.Integer()),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("discarded_at", sa.DateTime(timezone=True)),
        sa.Column("discarded_by", sa.String()),
        sa.Column("outage_id", sa.Integer()),
        sa.Column("report_slug", sa.String()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_live_incidents"),
        sa.UniqueConstraint("slug", name="uq_live_incidents_slug"),
    )
    op.create_index("ix_live_incidents_outage_id", "live_incidents", ["outage_id"])
    op.create_index("ix_live_incidents_published_at", "live_incidents", ["published_at"])
    op.create_table(
        "incident_updates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum(
                "investigating",
                "identified",
                "monitoring",
                "resolved",
                "scheduled",
                "under way",
                "done",
                "cancelled",
                name="phase",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "public",
                "clients",
                "internal",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("clients", sa.JSON(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer()),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("next_update_at", sa.DateTime(timezone=True)),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True)),
        sa.Column("held_by", sa.String()),
        sa.Column("corrects_id", sa.Integer()),
        sa.Column("once_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["corrects_id"],
            ["incident_updates.id"],
            name="fk_incident_updates_corrects_id_incident_updates",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["live_incidents.id"],
            name="fk_incident_updates_incident_id_live_incidents",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incident_updates"),
        sa.UniqueConstraint("incident_id", "number", name="uq_incident_updates_incident_id_number"),
        sa.UniqueConstraint("once_key", name="uq_incident_updates_once_key"),
    )
    op.create_index("ix_incident_updates_corrects_id", "incident_updates", ["corrects_id"])
    op.create_index("ix_incident_updates_incident_id", "incident_updates", ["incident_id"])
    op.create_index("ix_incident_updates_leaves_at", "incident_updates", ["leaves_at"])
    op.add_column("mailings", sa.Column("live_update_id", sa.Integer()))
    op.create_index("ix_mailings_live_update_id", "mailings", ["live_update_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in VERSIONED:
            op.execute(f"INSERT INTO ops_versions (about, number) VALUES ('{table}', 0)")
            op.execute(TRIGGER.format(table=table))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in VERSIONED:
            op.execute(f"DELETE FROM ops_versions WHERE about = '{table}'")
    op.drop_index("ix_mailings_live_update_id", "mailings")
    op.drop_column("mailings", "live_update_id")
    op.drop_table("incident_updates")
    op.drop_table("live_incidents")
