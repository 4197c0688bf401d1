"""The language of each subscriber.

Everybody reads English until they say otherwise.

Revision ID: n0002
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "n0002", "n0001"
phase = "expand"


def upgrade():
    op.add_column("subscribers", sa.Column("locale", sa.String(10), server_default="en"))


def downgrade():
    with op.batch_alter_table("subscribers") as batch:
        batch.drop_column("locale")
