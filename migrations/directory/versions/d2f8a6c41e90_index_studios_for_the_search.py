"""Index the studios for the search.

Revision: d2f8a6c41e90
Follows: b7e4f1a9c326

The search read every listed studio for each request. Here are tables for an index instead:
`derived_search` (a row a listed studio: its place in the order, filters, the place that the public
may see), `derived_search_text` (the terms under which it is found: full text of either engine),
`derived_search_words` (each term with its number of studios) and `derived_search_keys` (what a word
is found by that holds a typing error).

The revision makes the tables and reads no row: the worker fills them afterwards, in batches. Until
they are whole, and wherever they aren't, the search works as before. The code of the release before
works with the result, since nothing that it knows is changed.

The downgrade drops `derived_search`, `derived_search_text`, `derived_search_words` and
`derived_search_keys`. No row of anybody is in them: all of it follows from the studios.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "d2f8a6c41e90"
down_revision = "b7e4f1a9c326"
branch_labels = None
depends_on = None

phase = "expand"

COUNTED = (
    *("users", "studio_profiles", "studio_images", "studio_services", "studio_studio_types"),
    *("reviews", "review_responses"),
)
KEPT: list[tuple[str, str, str]] = [
    (f"every row of {table} is still there", *(f"SELECT count(*) FROM {table}",) * 2)
    for table in COUNTED
]
upgrade_invariants = KEPT
downgrade_invariants = KEPT


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    number = sa.Integer() if is_sqlite else sa.BigInteger()
    word = sa.String(480) if is_sqlite else sa.String(480, collation="C")
    op.create_table(
        "derived_search",
        sa.Column("rank", number, autoincrement=False, nullable=False),
        sa.Column("studio_id", sa.Integer, nullable=False),
        sa.Column("mask", number, nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("city", word, nullable=False),
        sa.Column("latitude", sa.Double),
        sa.Column("longitude", sa.Double),
        sa.Column("x", sa.Double),
        sa.Column("y", sa.Double),
        sa.Column("z", sa.Double),
        sa.Column("rated", number, nullable=False),
        sa.Column("made", number, nullable=False),
        sa.Column("named", word, nullable=False),
        sa.PrimaryKeyConstraint("rank", name="pk_derived_search"),
    )
    for column in ("studio_id", "country", "city"):
        op.create_index(f"ix_derived_search_{column}", "derived_search", [column])
    for column in ("rated", "made", "named"):
        op.create_index(f"ix_derived_search_{column}", "derived_search", [column, "rank"])
    if is_sqlite:
        op.execute(
            "CREATE VIRTUAL TABLE derived_search_text USING fts5"
            "(terms, tokenize = \"ascii tokenchars '=_'\", detail = none, columnsize = 0)"
        )
    else:
        op.create_table(
            "derived_search_text",
            sa.Column("rowid", sa.BigInteger, autoincrement=False, nullable=False),
            sa.Column("terms", TSVECTOR, nullable=False),
            sa.PrimaryKeyConstraint("rowid", name="pk_derived_search_text"),
        )
        op.create_index(
            "ix_derived_search_text_terms", "derived_search_text", ["terms"], postgresql_using="gin"
        )
    op.create_table(
        "derived_search_words",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("word", word, nullable=False),
        sa.Column("singular", word, nullable=False),
        sa.Column("studios", sa.Integer, nullable=False),
        sa.Column("is_word", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_derived_search_words"),
    )
    op.create_index("ix_derived_search_words_word", "derived_search_words", ["word"], unique=True)
    op.create_index("ix_derived_search_words_singular", "derived_search_words", ["singular"])
    op.create_table(
        "derived_search_keys",
        sa.Column("key", word, nullable=False),
        sa.Column("word_id", sa.Integer, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "word_id", name="pk_derived_search_keys"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_derived_search_keys_word_id", "derived_search_keys", ["word_id"])


def downgrade() -> None:
    # lint: accept loses-data-on-downgrade: all of it follows from the studios
    op.drop_table("derived_search_keys")
    # lint: accept loses-data-on-downgrade: the same
    op.drop_table("derived_search_words")
    # lint: accept loses-data-on-downgrade: the same
    op.drop_table("derived_search_text")
    # lint: accept loses-data-on-downgrade: the same
    op.drop_table("derived_search")
