"""Private links of messages: made as a message is sent, their keys sealed until the server answers.

Revision: 0010
Follows: 0009

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_links_message_id_messages")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["private_links.id"], name=op.f("fk_message_links_link_id_private_links")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_links")),
        sa.UniqueConstraint("link_id", name=op.f("uq_message_links_link_id")),
    )
    op.create_index(
        op.f("ix_message_links_message_id"), "message_links", ["message_id"], unique=False
    )
    op.add_column("private_links", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("private_links", "held_at")
    op.drop_table("message_links")
