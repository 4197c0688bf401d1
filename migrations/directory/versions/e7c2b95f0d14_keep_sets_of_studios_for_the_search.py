"""Keep sets of studios for the search.

Revision: e7c2b95f0d14
Follows: d2f8a6c41e90

Words that many studios have, filters, and places are asked for by sets: `derived_search_sets` keeps
the numbers of the studios of each, compressed, so that counting the matches of a common word and of
each filter reads some kilobytes in place of a row for each studio.

The revision makes the table and reads no row: the worker makes the index anew with it, in batches.
Until it is whole, and wherever it isn't, the search works as before. The code of the release before
works with the result, since nothing that it knows is changed.

The downgrade drops `derived_search_sets`. No row of anybody is in it: all of it follows from the
studios.
"""

import sqlalchemy as sa
from alembic import op

revision = "e7c2b95f0d14"
down_revision = "d2f8a6c41e90"
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
    op.create_table(
        "derived_search_sets",
        sa.Column(
            "token",
            sa.String(480) if is_sqlite else sa.String(480, collation="C"),
            nullable=False,
        ),
        sa.Column(
            "first",
            sa.Integer() if is_sqlite else sa.BigInteger(),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("studios", sa.Integer, nullable=False),
        sa.Column("ids", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("token", "first", name="pk_derived_search_sets"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    # lint: accept loses-data-on-downgrade: all of it follows from the studios
    op.drop_table("derived_search_sets")
