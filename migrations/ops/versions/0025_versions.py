"""A version for each table that pages of the control room show, on PostgreSQL.

Revision: 0025
Follows: 0024

Only expands: the triggers count transactions that wrote to a table, of whichever release. The log
has none, as the release before takes a trigger of its tables that it does not know for an attack. On
SQLite the table stays empty: the file itself tells that something was committed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WATCHED = (
    *("accounts", "backup_copies", "backups", "contacts", "control_room", "known_sessions"),
    *(
        "leases",
        "operations",
        "organisations",
        "plans",
        "questions",
        "registered_targets",
        "report_shares",
        "run_steps",
    ),
    *("runs", "syncs", "tickets", "unshared_reports", "windows"),
)

# Once a transaction: `xmin` is the transaction that wrote the row. It belongs to the tables' owner,
# so that no role needs a right to this table in order to write to another.
FUNCTION = """
CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $$
BEGIN
    UPDATE ops_versions SET number = number + 1
    WHERE about = TG_TABLE_NAME AND xmin <> pg_current_xact_id()::xid;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER raise_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION raise_version();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER raise_version
"""


def upgrade() -> None:
    op.create_table(
        "ops_versions",
        sa.Column("about", sa.String(), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table in WATCHED:
        op.execute(f"INSERT INTO ops_versions (about, number) VALUES ('{table}', 0)")
    schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(FUNCTION.format(schema=schema))
    for table in WATCHED:
        op.execute(TRIGGER.format(table=table))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION raise_version() CASCADE")
    op.drop_table("ops_versions")
