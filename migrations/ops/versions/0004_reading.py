"""Who reads reports: readings, confirmations, private links, questions.

Only expands: two releases share the ops database while one replaces the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "private_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_private_links_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_private_links_token_hash")),
    )
    op.create_index(
        op.f("ix_private_links_contact_id"), "private_links", ["contact_id"], unique=False
    )
    op.create_index(op.f("ix_private_links_slug"), "private_links", ["slug"], unique=False)
    op.create_table(
        "report_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "page",
                "pdf",
                "link",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_report_readings_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["private_links.id"], name=op.f("fk_report_readings_link_id_private_links")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_readings")),
    )
    op.create_index(
        op.f("ix_report_readings_account_id"), "report_readings", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_report_readings_link_id"), "report_readings", ["link_id"], unique=False
    )
    op.create_index(op.f("ix_report_readings_slug"), "report_readings", ["slug"], unique=False)
    op.create_table(
        "reading_confirmations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_reading_confirmations_account_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_confirmations")),
        sa.UniqueConstraint(
            "slug",
            "sha256",
            "account_id",
            name=op.f("uq_reading_confirmations_slug_sha256_account_id"),
        ),
    )
    op.create_index(
        op.f("ix_reading_confirmations_account_id"),
        "reading_confirmations",
        ["account_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_reading_confirmations_slug"), "reading_confirmations", ["slug"], unique=False
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_questions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_account_id"), "questions", ["account_id"], unique=False)
    op.create_index(op.f("ix_questions_slug"), "questions", ["slug"], unique=False)


def downgrade() -> None:
    raise RuntimeError("The ops database only goes forward; restore a backup instead.")
