"""Drop the nickname, and let each address subscribe once.

Revision ID: n0003
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "n0003", "n0002"

upgrade_invariants = [
    (
        "Nobody is lost",
        "SELECT count(*) FROM subscribers WHERE email LIKE '%@example.%'",
        "SELECT count(*) FROM subscribers WHERE email LIKE '%@example.%'",
    ),
    ("No delivery is lost", "SELECT count(*) FROM deliveries", "SELECT count(*) FROM deliveries"),
]
verifications = [
    ("Everybody has a language", "SELECT count(*) = 0 FROM subscribers WHERE locale IS NULL")
]


def upgrade():
    with op.batch_alter_table("subscribers") as batch:
        batch.drop_column("nickname")
        batch.create_unique_constraint(None, ["email"])


def downgrade():
    with op.batch_alter_table("subscribers") as batch:
        batch.drop_constraint("uq_subscribers_email", type_="unique")
        batch.add_column(sa.Column("nickname", sa.String(200)))
