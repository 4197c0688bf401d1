"""Words that save themselves while they are written: of documents, and of messages.

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("note", "address", "page"):
        op.add_column("document_drafts", sa.Column(name, sa.String(), nullable=True))
    op.create_table(
        "message_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("seen_hash", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_message_words_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_words_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_words")),
        sa.UniqueConstraint(
            "message_id",
            "account_id",
            "key",
            name=op.f("uq_message_words_message_id_account_id_key"),
        ),
    )
    op.create_index(
        op.f("ix_message_words_account_id"), "message_words", ["account_id"], unique=False
    )


def downgrade() -> None:
    raise RuntimeError("The ops database only goes forward; restore a backup instead.")
