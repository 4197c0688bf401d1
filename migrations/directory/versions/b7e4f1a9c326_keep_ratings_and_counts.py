"""Keep ratings and counts beside the studios.

Revision: b7e4f1a9c326
Follows: 9c41d07be5a2

Pages that show a rating, or how many studios there are of something, counted reviews and studios
anew each time. Here are tables for what is kept of that instead: `derived_ratings` (number of
approved reviews and their sum, a row a studio), `derived_counts` (listed studios in all, by city
and by type), and `derived_state`, which says of each by which rule it was made and how far.

The revision makes the tables and reads no row: the worker fills them afterwards, in batches. Until
one is whole, and wherever it isn't, pages count as before. The code of the consolidation works
with the result, since nothing that it knows is changed.

The downgrade drops `derived_counts`, `derived_ratings` and `derived_state`. No row of anybody is
in them: all of it follows from reviews and studios, and is made again after the next upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "b7e4f1a9c326"
down_revision = "9c41d07be5a2"
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
    op.create_table(
        "derived_state",
        sa.Column("derived", sa.String(40), nullable=False),
        sa.Column("rule", sa.Integer, nullable=False),
        sa.Column("filled_to", sa.Integer, nullable=False),
        sa.Column("is_whole", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("derived", name="pk_derived_state"),
    )
    op.create_table(
        "derived_ratings",
        sa.Column("studio_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("reviews", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("studio_id", name="pk_derived_ratings"),
    )
    op.create_table(
        "derived_counts",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("studios", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_derived_counts"),
    )


def downgrade() -> None:
    # lint: accept loses-data-on-downgrade: all of it follows from reviews and studios
    op.drop_table("derived_counts")
    # lint: accept loses-data-on-downgrade: the same
    op.drop_table("derived_ratings")
    # lint: accept loses-data-on-downgrade: it only says how far the other two are filled
    op.drop_table("derived_state")
