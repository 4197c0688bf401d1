"""Probes and what they measured, outages and notices, counts of errors.

Revision: 0027
Follows: 0026

Only expands: the release before reads none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

VERSIONED = ("outages", "probes")

# As revision 0025 has them; its function is there on PostgreSQL alone.
TRIGGER = """
CREATE TRIGGER raise_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION raise_version();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER raise_version
"""


def upgrade() -> None:
    op.create_table(
        "error_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_error_groups"),
        sa.UniqueConstraint("release", "kind", "place", name="uq_error_groups_release_kind_place"),
    )
    op.create_index("ix_error_groups_last_at", "error_groups", ["last_at"])
    op.create_table(
        "notice_addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.Column("removed_by", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_notice_addresses"),
    )
    op.create_table(
        "outages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("target", sa.String()),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("probes", sa.JSON(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("times_down", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer()),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.Column("next_notice_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by_id", sa.Integer()),
        sa.Column("acknowledged_by", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_outages"),
    )
    op.create_index("ix_outages_cause", "outages", ["cause"])
    op.create_index("ix_outages_incident_id", "outages", ["incident_id"])
    op.create_index(
        "uq_outages_open",
        "outages",
        ["cause"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "probes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "home",
                "ready",
                "database",
                "schema",
                "backup",
                "store",
                "mail",
                "disk",
                "certificate",
                "machine",
                name="probekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("target", sa.String()),
        sa.Column("public_name", sa.String()),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("timeout_seconds", sa.Integer(), nullable=False),
        sa.Column("down_after", sa.Integer(), nullable=False),
        sa.Column("up_after", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "up",
                "down",
                "unknown",
                name="probestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_since", sa.DateTime(timezone=True)),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True)),
        sa.Column(
            "outcome",
            sa.Enum(
                "passed",
                "failed",
                "inconclusive",
                name="probeoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
        ),
        sa.Column("milliseconds", sa.Integer()),
        sa.Column("sentence", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_probes"),
        sa.UniqueConstraint("key", name="uq_probes_key"),
    )
    op.create_table(
        "error_occurrences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.Column("where", sa.String()),
        sa.ForeignKeyConstraint(
            ["group_id"], ["error_groups.id"], name="fk_error_occurrences_group_id_error_groups"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_error_occurrences"),
    )
    op.create_index("ix_error_occurrences_group_id", "error_occurrences", ["group_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outage_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "down",
                "reminder",
                "last",
                "up",
                name="noticekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                "unknown",
                name="noticestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.Text()),
        sa.ForeignKeyConstraint(
            ["address_id"], ["notice_addresses.id"], name="fk_notices_address_id_notice_addresses"
        ),
        sa.ForeignKeyConstraint(["outage_id"], ["outages.id"], name="fk_notices_outage_id_outages"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint(
            "outage_id", "number", "address_id", name="uq_notices_outage_id_number_address_id"
        ),
    )
    op.create_index("ix_notices_address_id", "notices", ["address_id"])
    op.create_index("ix_notices_outage_id", "notices", ["outage_id"])
    op.create_index("ix_notices_state", "notices", ["state"])
    op.create_table(
        "probe_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("probe_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "passed",
                "failed",
                "inconclusive",
                name="probeoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("milliseconds", sa.Integer()),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["probe_id"], ["probes.id"], name="fk_probe_results_probe_id_probes"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_probe_results"),
    )
    op.create_index("ix_probe_results_probe_id_at", "probe_results", ["probe_id", "at"])
    op.create_table(
        "probe_spans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("probe_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "up",
                "down",
                "unknown",
                name="probestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["probe_id"], ["probes.id"], name="fk_probe_spans_probe_id_probes"),
        sa.PrimaryKeyConstraint("id", name="pk_probe_spans"),
    )
    op.create_index("ix_probe_spans_probe_id_until_at", "probe_spans", ["probe_id", "until_at"])
    op.add_column("registered_targets", sa.Column("public_address", sa.String()))
    if op.get_bind().dialect.name == "postgresql":
        for table in VERSIONED:
            op.execute(f"INSERT INTO ops_versions (about, number) VALUES ('{table}', 0)")
            op.execute(TRIGGER.format(table=table))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in VERSIONED:
            op.execute(f"DELETE FROM ops_versions WHERE about = '{table}'")
    op.drop_column("registered_targets", "public_address")
    for table in (
        *("probe_spans", "probe_results", "probes"),
        *("notices", "notice_addresses", "outages"),
        *("error_occurrences", "error_groups"),
    ):
        op.drop_table(table)
