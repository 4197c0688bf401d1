"""Let people review and claim studios, and staff look after the directory.

Revision: f7b2d90c6a41
Follows: c4a8e1b7f390

Tables for moderated reviews (`site_reviews`, `site_review_records`), imported studios and claims to
them (`site_origins`, `site_claims`, `site_restrictions`), what staff look at (`site_reports`,
`site_picture_checks`) and the history of changes (`site_batches`, `site_changes`). And an index for
the admins' table of studios, whose rows follow from others: `derived_admin` (a row a studio: its
place in each order), `derived_admin_sets` (studios by filter) and `derived_admin_blocks` (studios in
each order). An index on `reviews` names those that wait for staff alone, so that
staff's queue reads no others.

The revision makes the tables and changes no row. The code of the release before works with the
result, since nothing that it knows is changed; this release's pages for reviews and claims say that
they are being prepared until the tables are there. The worker fills the index afterwards, in
batches; until it is whole, the table works by plain statements.

Their rows refer to `users` alone, which the consolidation leaves as it is. A studio that was
imported belongs to a row in `users` like any other: the downgrade of the consolidation splits it as
it does others, and the release before lets nobody log in as its placeholder, whose stored password
is no hash. The downgrade drops only what is empty: a table with rows stays with what people wrote,
and the upgrade goes on with it. It refuses such a table if its columns are others. The index is dropped
whole: `derived_admin`, `derived_admin_sets` and `derived_admin_blocks` hold no row of anybody.
"""

import sqlalchemy as sa
from alembic import op

revision = "f7b2d90c6a41"
down_revision = "c4a8e1b7f390"
branch_labels = None
depends_on = None

phase = "expand"

COUNTED = (
    *("users", "studio_profiles", "studio_images", "studio_services", "studio_studio_types"),
    *("reviews", "review_responses"),
)
WAITING, PENDING = "ix_reviews_waiting", sa.text("status = 'pending'")
KEPT: list[tuple[str, str, str]] = [
    (f"every row of {table} is still there", *(f"SELECT count(*) FROM {table}",) * 2)
    for table in COUNTED
]
upgrade_invariants = KEPT
downgrade_invariants = KEPT


class Refusal(RuntimeError):
    """The data can't be changed as it is; `reasons` says what to mend, a sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def uuid() -> sa.Column[str]:
    return sa.Column("id", sa.String(36), nullable=False)


def number(name: str = "id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def of_user(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_user_id_users"
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=name, ondelete="CASCADE")


def prose(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def data(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False)


def choice(table: str, name: str, kind: str, *values: str) -> sa.Column[str]:
    words = sa.Enum(
        *values, name=f"ck_{table}_{kind}", native_enum=False, create_constraint=True, length=40
    )
    return sa.Column(name, words, nullable=False)


def tables() -> dict[str, tuple[list[sa.Column[object] | sa.Constraint], list[str], bool]]:
    """By name: columns and constraints, the columns that are indexed, and whether a number is never
    given twice."""
    found: dict[str, tuple[list[object], list[str], bool]] = {
        "site_batches": (
            [
                uuid(),
                text("action", 40),
                data("details"),
                data("numbers"),
                data("refused"),
                number("by_number"),
                text("by_name", 120),
                time("created_at"),
                time("finished_at", nullable=True),
                text("undoes", 36, nullable=True),
                sa.PrimaryKeyConstraint("id", name="pk_site_batches"),
                sa.UniqueConstraint("undoes", name="uq_site_batches_undoes"),
            ],
            ["created_at"],
            False,
        ),
        "site_changes": (
            [
                uuid(),
                text("batch_id", 36, nullable=True),
                choice(
                    "site_changes",
                    "subject",
                    "subject",
                    "studio",
                    "person",
                    "review",
                    "claim",
                    "picture",
                    "report",
                ),
                text("number", 80),
                number("studio_number", nullable=True),
                number("user_id", nullable=True),
                text("action", 40),
                choice("site_changes", "by", "changedby", "person", "staff", "worker"),
                number("by_number", nullable=True),
                text("by_name", 120),
                time("at"),
                data("before"),
                data("after"),
                text("reason", 500, nullable=True),
                of_user("site_changes"),
                sa.PrimaryKeyConstraint("id", name="pk_site_changes"),
                sa.UniqueConstraint(
                    "batch_id", "subject", "number", name="uq_site_changes_batch_id_subject_number"
                ),
            ],
            ["at", "studio_number", "user_id"],
            False,
        ),
        "site_claims": (
            [
                uuid(),
                number("user_id"),
                number("studio_number"),
                number("open_studio", nullable=True),
                choice(
                    "site_claims",
                    "state",
                    "claimstate",
                    "sent",
                    "waiting",
                    "granted",
                    "refused",
                    "withdrawn",
                    "expired",
                    "undone",
                ),
                prose("message", nullable=True),
                time("created_at"),
                time("expires_at"),
                time("confirmed_at", nullable=True),
                time("decided_at", nullable=True),
                text("decided_by", 120, nullable=True),
                text("because", 300, nullable=True),
                number("former_user_id", nullable=True),
                time("undo_until", nullable=True),
                data("former"),
                of_user("site_claims"),
                sa.PrimaryKeyConstraint("id", name="pk_site_claims"),
                sa.UniqueConstraint("open_studio", name="uq_site_claims_open_studio"),
            ],
            ["state", "studio_number", "user_id"],
            False,
        ),
        "site_origins": (
            [
                sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
                number("studio_number"),
                text("key", 300),
                text("email", 254, nullable=True),
                text("fingerprint", 64),
                text("batch_id", 36, nullable=True),
                time("imported_at"),
                of_user("site_origins"),
                sa.PrimaryKeyConstraint("user_id", name="pk_site_origins"),
                sa.UniqueConstraint("key", name="uq_site_origins_key"),
                sa.UniqueConstraint("studio_number", name="uq_site_origins_studio_number"),
            ],
            ["batch_id", "email"],
            False,
        ),
        "site_picture_checks": (
            [
                uuid(),
                number("user_id"),
                number("image_number"),
                time("created_at"),
                time("decided_at", nullable=True),
                text("decided_by", 120, nullable=True),
                text("removed_because", 300, nullable=True),
                of_user("site_picture_checks"),
                sa.PrimaryKeyConstraint("id", name="pk_site_picture_checks"),
                sa.UniqueConstraint("image_number", name="uq_site_picture_checks_image_number"),
            ],
            ["created_at", "decided_at", "user_id"],
            False,
        ),
        "site_reports": (
            [
                uuid(),
                choice("site_reports", "about", "reportabout", "studio", "review", "picture"),
                number("about_number", nullable=True),
                number("studio_number"),
                number("user_id", nullable=True),
                text("email", 254, nullable=True),
                text("problem", 40),
                prose("body", nullable=True),
                time("created_at"),
                time("decided_at", nullable=True),
                text("decided_by", 120, nullable=True),
                text("outcome", 300, nullable=True),
                of_user("site_reports"),
                sa.PrimaryKeyConstraint("id", name="pk_site_reports"),
            ],
            ["created_at", "decided_at", "studio_number", "user_id"],
            False,
        ),
        "site_restrictions": (
            [
                sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
                time("hidden_at", nullable=True),
                time("deleted_at", nullable=True),
                text("because", 500, nullable=True),
                data("former"),
                of_user("site_restrictions"),
                sa.PrimaryKeyConstraint("user_id", name="pk_site_restrictions"),
            ],
            [],
            False,
        ),
        "site_review_records": (
            [
                uuid(),
                number("user_id"),
                number("studio_number"),
                text("studio_name", 200),
                number("rating"),
                prose("content"),
                text("status", 40),
                time("written_at"),
                time("removed_at"),
                of_user("site_review_records"),
                sa.PrimaryKeyConstraint("id", name="pk_site_review_records"),
            ],
            ["user_id"],
            False,
        ),
        "site_reviews": (
            [
                number(),
                number("user_id"),
                number("studio_number"),
                number("review_number", nullable=True),
                time("submitted_at"),
                number("new_rating", nullable=True),
                prose("new_content", nullable=True),
                sa.Column("new_is_anonymous", sa.Boolean(), nullable=True),
                time("decided_at", nullable=True),
                text("refused_because", 300, nullable=True),
                of_user("site_reviews"),
                sa.PrimaryKeyConstraint("id", name="pk_site_reviews"),
                sa.UniqueConstraint("review_number", name="uq_site_reviews_review_number"),
                sa.UniqueConstraint(
                    "user_id", "studio_number", name="uq_site_reviews_user_id_studio_number"
                ),
            ],
            ["decided_at", "studio_number", "user_id"],
            True,
        ),
    }
    return found  # type: ignore[return-value]


def refusals(connection: sa.Connection) -> list[str]:
    """What to mend before the upgrade, a sentence each; nothing is written."""
    look, dialect = sa.inspect(connection), connection.dialect
    expected = {
        name: sorted(described(each.name, each.type, each.nullable, dialect) for each in columns)
        for name, (parts, _, _) in tables().items()
        for columns in [[each for each in parts if isinstance(each, sa.Column)]]
    }
    return [
        f"There is a table named {name} with other columns. Rename it, or drop it if nobody needs"
        " it."
        for name in sorted(set(expected) & set(look.get_table_names()))
        if expected[name]
        != sorted(
            described(each["name"], each["type"], each["nullable"], dialect)
            for each in look.get_columns(name)
        )
    ]


def described(
    name: str, kind: sa.types.TypeEngine[object], is_nullable: bool | None, dialect: sa.Dialect
) -> str:
    return f"{name} {kind.compile(dialect=dialect)} {bool(is_nullable)}"


def upgrade() -> None:
    if reasons := refusals(op.get_bind()):
        raise Refusal(reasons)
    there = set(sa.inspect(op.get_bind()).get_table_names())
    for name, (parts, indexed, is_given_once) in tables().items():
        if name in there:
            continue
        op.create_table(name, *parts, sqlite_autoincrement=is_given_once)
        for column in indexed:
            op.create_index(f"ix_{name}_{column}", name, [column])
    # lint: accept index-not-concurrent: reads reviews once; nothing writes them until this release
    op.create_index(
        WAITING,
        "reviews",
        ["created_at", "id"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )
    make_index()


def make_index() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    word = sa.String(480) if is_sqlite else sa.String(480, collation="C")
    op.create_table(
        "derived_admin",
        sa.Column("studio_id", sa.Integer(), autoincrement=False, nullable=False),
        *(
            sa.Column(each, word, nullable=False)
            for each in ("made", "changed", "named", "city", "rated")
        ),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("studio_id", name="pk_derived_admin"),
    )
    op.create_table(
        "derived_admin_sets",
        sa.Column("token", word, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("token", "part", name="pk_derived_admin_sets"),
    )
    op.create_table(
        "derived_admin_blocks",
        sa.Column("ordered", sa.String(20), nullable=False),
        sa.Column("first", word, nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ordered", "first", name="pk_derived_admin_blocks"),
    )


def downgrade() -> None:
    op.drop_index(WAITING, "reviews")
    connection = op.get_bind()
    # lint: accept loses-data-on-downgrade: all of it follows from the studios
    op.drop_table("derived_admin_blocks")
    # lint: accept loses-data-on-downgrade: the same
    op.drop_table("derived_admin_sets")
    # lint: accept loses-data-on-downgrade: the same
    op.drop_table("derived_admin")
    # lint: accept loses-data-on-downgrade: the same
    op.execute("DELETE FROM derived_state WHERE derived = 'admin'")
    there = set(sa.inspect(connection).get_table_names())
    for name in set(tables()) & there:
        if connection.execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first() is None:
            # lint: accept loses-data-on-downgrade: a table with a row is left as it is
            op.drop_table(name)
