"""Let owners log in and keep their studio.

Revision: c4a8e1b7f390
Follows: e7c2b95f0d14

Tables for accounts of the site (`site_accounts`, `site_sessions`, `site_signups`, `site_links`,
`site_letters`, `site_events`, `site_messages`) and for what owners keep of their studio
(`studio_details`, `studio_hours`, `picture_files`).

The revision makes the tables and reads no row. The code of the release before works with the
result, since nothing that it knows is changed; this release's pages for accounts say that they are
being prepared until the tables are there.

Their rows refer to `users` alone, which the consolidation leaves as it is. So the downgrade drops
only what is empty: a table with rows stays with what people wrote, the release before does not read
it, and the upgrade goes on with it. It refuses such a table if its columns are others.
"""

import sqlalchemy as sa
from alembic import op

revision = "c4a8e1b7f390"
down_revision = "e7c2b95f0d14"
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


def tables() -> dict[str, tuple[list[sa.Column[object] | sa.Constraint], list[str], bool]]:
    """By name: columns and constraints, the columns that are indexed, and whether a number is never
    given twice."""
    purposes = sa.Enum(
        *("reset", "old-address", "new-address"),
        name="ck_site_links_purpose", native_enum=False, create_constraint=True, length=40,
    )  # fmt: skip
    user = number("user_id")
    found: dict[str, tuple[list[object], list[str], bool]] = {
        "site_accounts": (
            [
                sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
                time("password_set_at", nullable=True),
                time("mail_ended_at", nullable=True),
                time("blocked_at", nullable=True),
                text("blocked_because", 300, nullable=True),
                time("deletion_due_at", nullable=True),
                of_user("site_accounts"),
                sa.PrimaryKeyConstraint("user_id", name="pk_site_accounts"),
            ],
            [],
            False,
        ),
        "site_sessions": (
            [
                number(),
                user,
                text("token_hash", 64),
                time("created_at"),
                time("last_seen_at"),
                time("authenticated_at"),
                time("ended_at", nullable=True),
                text("address", 64, nullable=True),
                text("user_agent", 300, nullable=True),
                of_user("site_sessions"),
                sa.PrimaryKeyConstraint("id", name="pk_site_sessions"),
                sa.UniqueConstraint("token_hash", name="uq_site_sessions_token_hash"),
            ],
            ["user_id"],
            True,
        ),
        "site_signups": (
            [
                uuid(),
                text("email", 254),
                text("display_name", 120),
                text("password_hash", 255),
                time("created_at"),
                time("expires_at"),
                time("used_at", nullable=True),
                sa.PrimaryKeyConstraint("id", name="pk_site_signups"),
            ],
            ["email"],
            False,
        ),
        "site_links": (
            [
                uuid(),
                number("user_id"),
                sa.Column("purpose", purposes, nullable=False),
                text("email", 254),
                text("change", 36, nullable=True),
                time("created_at"),
                time("expires_at"),
                time("used_at", nullable=True),
                of_user("site_links"),
                sa.PrimaryKeyConstraint("id", name="pk_site_links"),
            ],
            ["user_id", "change"],
            False,
        ),
        "site_letters": (
            [
                uuid(),
                text("kind", 40),
                text("email", 254),
                number("user_id", nullable=True),
                text("about", 36, nullable=True),
                sa.Column("details", sa.JSON(), nullable=False),
                time("created_at"),
                time("expires_at"),
                of_user("site_letters"),
                sa.PrimaryKeyConstraint("id", name="pk_site_letters"),
            ],
            ["user_id"],
            False,
        ),
        "site_events": (
            [
                uuid(),
                time("at"),
                text("kind", 40),
                number("user_id", nullable=True),
                sa.Column("details", sa.JSON(), nullable=False),
                sa.PrimaryKeyConstraint("id", name="pk_site_events"),
            ],
            ["at"],
            False,
        ),
        "site_messages": (
            [
                uuid(),
                number("user_id"),
                number("studio_number"),
                text("sender_name", 120),
                text("sender_email", 254),
                sa.Column("body", sa.Text(), nullable=False),
                time("created_at"),
                time("read_at", nullable=True),
                time("answered_at", nullable=True),
                sa.Column("answer", sa.Text(), nullable=True),
                of_user("site_messages"),
                sa.PrimaryKeyConstraint("id", name="pk_site_messages"),
            ],
            ["user_id"],
            False,
        ),
        "studio_details": (
            [
                sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
                text("zone", 60, nullable=True),
                text("hours_note", 300, nullable=True),
                sa.Column("takes_messages", sa.Boolean(), nullable=False),
                time("published_at", nullable=True),
                time("hidden_at", nullable=True),
                of_user("studio_details"),
                sa.PrimaryKeyConstraint("user_id", name="pk_studio_details"),
            ],
            [],
            False,
        ),
        "studio_hours": (
            [
                number(),
                number("user_id"),
                number("weekday"),
                number("opens"),
                number("closes"),
                of_user("studio_hours"),
                sa.PrimaryKeyConstraint("id", name="pk_studio_hours"),
                sa.UniqueConstraint(
                    "user_id", "weekday", "opens", name="uq_studio_hours_user_id_weekday_opens"
                ),
                sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="ck_studio_hours_weekday"),
                sa.CheckConstraint(
                    "opens >= 0 AND opens < closes AND closes <= 1440", name="ck_studio_hours_span"
                ),
            ],
            ["user_id"],
            True,
        ),
        "picture_files": (
            [
                text("name", 80),
                number("width"),
                number("height"),
                number("bytes"),
                time("created_at"),
                sa.PrimaryKeyConstraint("name", name="pk_picture_files"),
            ],
            [],
            False,
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


def downgrade() -> None:
    connection = op.get_bind()
    there = set(sa.inspect(connection).get_table_names())
    for name in set(tables()) & there:
        if connection.execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first() is None:
            # lint: accept loses-data-on-downgrade: a table with a row is left as it is
            op.drop_table(name)
