"""Legacy schema: users, profiles and studios apart.

Revision: 0001
Follows: nothing

The directory as it stood before the consolidation. Names of constraints are written out, so that
the revision gives the same schema whatever the code's naming convention becomes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

phase = "expand"
upgrade_invariants: list[tuple[str, str, str]] = []
downgrade_invariants: list[tuple[str, str, str]] = []

ROLES = ("admin", "owner", "reviewer")
STATUSES = ("draft", "active", "inactive", "pending")
SERVICES = (
    "ISDN",
    "Source-Connect",
    "Source-Connect Now",
    "Cleanfeed",
    "Session Link Pro",
    "Zoom",
    "Skype",
    "Teams",
)
STUDIO_TYPES = (
    "home",
    "recording",
    "podcast",
    "voice-over coach",
    "audio producer",
    "voice-over",
)
VERIFICATION_LEVELS = ("none", "basic", "full")
REVIEW_STATUSES = ("pending", "approved", "rejected")
LINKS = ("facebook", "x", "linkedin", "instagram", "youtube", "vimeo", "soundcloud")


def upgrade() -> None:
    create_people()
    create_studios()
    create_what_hangs_on_a_studio()
    create_reviews()


def downgrade() -> None:
    for table in (
        "review_responses",
        "reviews",
        "studio_studio_types",
        "studio_services",
        "studio_images",
        "studios",
        "user_profiles",
        "users",
    ):
        # lint: accept loses-data-on-downgrade: before this revision there was no directory
        op.drop_table(table)


def create_people() -> None:
    create(
        "users",
        text("email", 254, required=True),
        text("username", 60, required=True),
        text("display_name", 120, required=True),
        text("avatar_url", 500),
        text("password_hash", 255, required=True),
        text("role", 40, default="owner"),
        flag("email_verified"),
        one_of("users", "role", "role", ROLES),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.UniqueConstraint("username", name="uq_users_username"),
    )
    create(
        "user_profiles",
        number("user_id"),
        text("studio_name", 200),
        text("last_name", 120),
        text("phone", 60),
        sa.Column("about", sa.Text),
        text("short_about", 300),
        text("location", 200),
        *(sa.Column(f"rate_tier_{tier}", sa.Integer) for tier in (1, 2, 3)),
        flag("show_rates"),
        *(text(f"{site}_url", 500) for site in LINKS),
        *(flag(f"connection{number_}") for number_ in range(1, 13)),
        sa.Column("custom_connection_methods", sa.Text),
        sa.Column("home_studio_description", sa.Text),
        sa.Column("equipment_list", sa.Text),
        sa.Column("services_offered", sa.Text),
        flag("is_crb_checked"),
        flag("is_featured"),
        flag("is_spotlight"),
        text("verification_level", 40, default="none"),
        *(flag(f"show_{what}") for what in ("email", "phone", "address", "directions")),
        flag("use_coordinates_for_map"),
        one_of("user_profiles", "verification_level", "verificationlevel", VERIFICATION_LEVELS),
        belongs_to("user_profiles", "user_id", "users"),
        sa.UniqueConstraint("user_id", name="uq_user_profiles_user_id"),
    )


def create_studios() -> None:
    create(
        "studios",
        number("owner_id"),
        text("name", 200, required=True),
        sa.Column("description", sa.Text),
        text("full_address", 300),
        text("abbreviated_address", 200),
        text("city", 120),
        sa.Column("latitude", sa.Double),
        sa.Column("longitude", sa.Double),
        text("website_url", 500),
        text("phone", 60),
        text("status", 40, default="draft"),
        flag("is_premium"),
        flag("is_verified"),
        flag("is_profile_visible"),
        one_of("studios", "status", "studiostatus", STATUSES),
        belongs_to("studios", "owner_id", "users"),
    )
    op.create_index("ix_studios_owner_id", "studios", ["owner_id"])


def create_what_hangs_on_a_studio() -> None:
    create(
        "studio_images",
        number("studio_id"),
        text("image_url", 500, required=True),
        text("alt_text", 300),
        sa.Column("sort_order", sa.Integer, nullable=False, server_default="0"),
        belongs_to("studio_images", "studio_id", "studios"),
    )
    op.create_index("ix_studio_images_studio_id", "studio_images", ["studio_id"])
    for table, column, kind, words in (
        ("studio_services", "service", "service", SERVICES),
        ("studio_studio_types", "studio_type", "studiotype", STUDIO_TYPES),
    ):
        create(
            table,
            number("studio_id"),
            text(column, 40, required=True),
            one_of(table, column, kind, words),
            belongs_to(table, "studio_id", "studios"),
            sa.UniqueConstraint("studio_id", column, name=f"uq_{table}_studio_id_{column}"),
        )


def create_reviews() -> None:
    create(
        "reviews",
        number("studio_id"),
        number("reviewer_id"),
        number("owner_id"),
        number("rating"),
        sa.Column("content", sa.Text, nullable=False),
        flag("is_anonymous"),
        text("status", 40, default="pending"),
        one_of("reviews", "status", "reviewstatus", REVIEW_STATUSES),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating")),
        belongs_to("reviews", "studio_id", "studios"),
        belongs_to("reviews", "reviewer_id", "users"),
        belongs_to("reviews", "owner_id", "users"),
    )
    for column in ("studio_id", "reviewer_id", "owner_id"):
        op.create_index(f"ix_reviews_{column}", "reviews", [column])
    create(
        "review_responses",
        number("review_id"),
        number("author_id"),
        sa.Column("content", sa.Text, nullable=False),
        belongs_to("review_responses", "review_id", "reviews"),
        belongs_to("review_responses", "author_id", "users"),
        sa.UniqueConstraint("review_id", name="uq_review_responses_review_id"),
    )
    op.create_index("ix_review_responses_author_id", "review_responses", ["author_id"])


def create(name: str, *parts: sa.schema.SchemaItem) -> None:
    """A table with an id and timestamps. SQLite's AUTOINCREMENT keeps it from giving the id of a
    deleted row to a new one, as PostgreSQL's sequences do."""
    columns = [part for part in parts if isinstance(part, sa.Column)]
    constraints = [part for part in parts if not isinstance(part, sa.Column)]
    op.create_table(
        name,
        sa.Column("id", sa.Integer, nullable=False),
        *columns,
        moment("created_at"),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *constraints,
        sqlite_autoincrement=True,
    )


def text(
    name: str, length: int, *, required: bool = False, default: str | None = None
) -> sa.Column[str]:
    required = required or default is not None
    return sa.Column(name, sa.String(length), nullable=not required, server_default=default)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def one_of(table: str, column: str, kind: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{kind}"))


def belongs_to(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{parent}"
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=name, ondelete="CASCADE")
