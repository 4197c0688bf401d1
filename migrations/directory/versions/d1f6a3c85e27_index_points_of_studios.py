"""Index where studios are, by their number.

Revision: d1f6a3c85e27
Follows: f7b2d90c6a41

Studios at the edge of a circle are measured one by one, and a page by distance sorts studios. Both
find them by number and read a row of `derived_search` for each of them. With rank, rating and point
in an index behind the number, they read the index alone: one page of the file for each studio in
place of two.

The index is made of the rows that are there, and none is written. The code of the release before
works with the result, and this release works without it.

The downgrade drops the index.
"""

from alembic import op

revision = "d1f6a3c85e27"
down_revision = "f7b2d90c6a41"
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
    # lint: accept index-not-concurrent: a row a listed studio; a million take about a second
    op.create_index(
        "ix_derived_search_points", "derived_search", ["studio_id", "rank", "rated", "x", "y", "z"]
    )


def downgrade() -> None:
    op.drop_index("ix_derived_search_points", "derived_search")
