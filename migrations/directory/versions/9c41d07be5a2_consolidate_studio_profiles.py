"""Consolidate user_profiles and studios into studio_profiles.

Revision: 9c41d07be5a2
Follows: 0001

One row per person who had a profile or a studio. `studios` is renamed, not rebuilt: studio ids
stay, and the foreign keys of images, services, types and reviews follow by themselves on both
engines. A rebuild would delete every cascading child row on SQLite.

The studio's value wins where both have one; created_at is the earlier, updated_at the later; a
profile without a studio becomes a hidden draft. Nothing is deleted: `user_profiles` is kept whole
as `legacy_user_profiles`, and `legacy_studios` keeps each studio's own values beside the ones it
was given, by which the downgrade tells what was edited since. A row of either goes when its
person or its studio is deleted, so that nothing outlives a request to be forgotten.

This removes what the code before it reads, and no expand came before it: it runs in maintenance
mode, or while no process serves the database. Everything is in this one file, so that a plan that
seals the file seals all of it.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "9c41d07be5a2"
down_revision = "0001"
branch_labels = None
depends_on = None

phase = "contract"


class Refusal(RuntimeError):
    """The data can't be changed as it is; `reasons` says what to mend, a sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


# --- what moves ------------------------------------------------------------------------------

FLAG = "BOOLEAN DEFAULT false NOT NULL"
LEVEL = (
    "VARCHAR(40) DEFAULT 'none' NOT NULL CONSTRAINT ck_studio_profiles_verificationlevel"
    " CHECK (verification_level IN ('none', 'basic', 'full'))"
)
LINKS = ("facebook", "x", "linkedin", "instagram", "youtube", "vimeo", "soundcloud")
MOVED = {
    "last_name": "VARCHAR(120)",
    "about": "TEXT",
    "short_about": "VARCHAR(300)",
    "location": "VARCHAR(200)",
    **{f"rate_tier_{tier}": "INTEGER" for tier in (1, 2, 3)},
    "show_rates": FLAG,
    **{f"{site}_url": "VARCHAR(500)" for site in LINKS},
    **{f"connection{number}": FLAG for number in range(1, 13)},
    "custom_connection_methods": "TEXT",
    "home_studio_description": "TEXT",
    "equipment_list": "TEXT",
    "services_offered": "TEXT",
    "is_crb_checked": FLAG,
    "is_featured": FLAG,
    "is_spotlight": FLAG,
    "verification_level": LEVEL,
    **{f"show_{what}": FLAG for what in ("email", "phone", "address", "directions")},
    "use_coordinates_for_map": FLAG,
}
# What both tables had. A profile calls its name studio_name.
DISPUTED = ("name", "phone", "created_at", "updated_at")
CHILDREN = ("studio_images", "studio_services", "studio_studio_types", "reviews")
STUDIO_WORDS = ("description", "full_address", "abbreviated_address", "city", "website_url")


def listed(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(prefix + column for column in columns)


def same(one: str, other: str) -> str:
    """Equality that holds for two NULLs, on every SQLite this product meets."""
    return f"({one} = {other} OR ({one} IS NULL AND {other} IS NULL))"


def first_filled(one: str, other: str) -> str:
    return f"coalesce(NULLIF({one}, ''), NULLIF({other}, ''), {one})"


def is_default(column: str, prefix: str) -> str:
    kind, name = MOVED[column], prefix + column
    return (
        f"NOT {name}"
        if kind == FLAG
        else f"{name} = 'none'"
        if kind == LEVEL
        else f"{name} IS NULL"
    )


# --- what must hold --------------------------------------------------------------------------


def pairs(one: str, other: str, source: str) -> str:
    """A count and a checksum of which row belongs to which, whatever the order of rows. Products
    of the remainders stay inside 32 bits, and their sum inside 64."""
    product = f"({one} % 9973 + 1) * ({other} % 9967 + 1)"
    return f"SELECT count(*) || '/' || coalesce(sum({product}), 0) FROM {source}"


def on_both_sides(words: str, sql: str) -> tuple[str, str, str]:
    return (words, sql, sql)


def listing(table: str) -> str:
    return f"SELECT count(*) FROM {table} WHERE status = 'active' AND is_profile_visible"


PEOPLE = "(SELECT user_id FROM user_profiles UNION SELECT owner_id FROM studios) AS people"
EVERYBODYS_PHONE = (
    "(SELECT coalesce(NULLIF(s.phone, ''), NULLIF(p.phone, '')) AS phone"
    " FROM studios AS s LEFT JOIN user_profiles AS p ON p.user_id = s.owner_id"
    " UNION ALL SELECT NULLIF(p.phone, '') FROM user_profiles AS p"
    " WHERE NOT EXISTS (SELECT 1 FROM studios AS s WHERE s.owner_id = p.user_id)) AS phones"
)
KEPT = "legacy_studios AS a JOIN studio_profiles AS s ON s.id = a.id"
ARRIVED = " AND ".join(
    f"s.{column} = p.{column}" if kind in {FLAG, LEVEL} else same(f"s.{column}", f"p.{column}")
    for column, kind in MOVED.items()
)

UNTOUCHED = [
    on_both_sides("every user is still there", pairs("id", "length(email)", "users")),
    on_both_sides("every image is on its studio", pairs("id", "studio_id", "studio_images")),
    on_both_sides("every service is on its studio", pairs("id", "studio_id", "studio_services")),
    on_both_sides("every type is on its studio", pairs("id", "studio_id", "studio_studio_types")),
    on_both_sides("every review is on its studio", pairs("id", "studio_id", "reviews")),
    on_both_sides("every review has its author", pairs("id", "reviewer_id", "reviews")),
    on_both_sides("every response is on its review", pairs("id", "review_id", "review_responses")),
]
upgrade_invariants: list[tuple[str, str, str]] = [
    *UNTOUCHED,
    ("the same studios are listed", listing("studios"), listing("studio_profiles")),
    (
        "every studio keeps its id and its owner",
        pairs("id", "owner_id", "studios"),
        pairs("s.id", "s.user_id", f"{KEPT} WHERE a.was_studio"),
    ),
    (
        "every profile is with its person",
        pairs("id", "user_id", "user_profiles"),
        pairs("a.profile_id", "s.user_id", f"{KEPT} WHERE a.profile_id IS NOT NULL"),
    ),
    (
        "every profile's words, links, rates and settings arrived",
        "SELECT count(*) FROM user_profiles",
        (
            "SELECT count(*) FROM legacy_user_profiles AS p"
            f" JOIN studio_profiles AS s ON s.user_id = p.user_id WHERE {ARRIVED}"
        ),
    ),
    (
        "every person with a profile or a studio has one studio profile",
        f"SELECT count(*) FROM {PEOPLE}",
        "SELECT count(*) FROM studio_profiles",
    ),
    (
        "every profile without a studio is a hidden draft",
        (
            "SELECT count(*) FROM user_profiles AS p"
            " WHERE NOT EXISTS (SELECT 1 FROM studios AS s WHERE s.owner_id = p.user_id)"
        ),
        (
            f"SELECT count(*) FROM {KEPT} WHERE NOT a.was_studio"
            " AND s.status = 'draft' AND NOT s.is_profile_visible"
        ),
    ),
    (
        "every phone number is kept",
        f"SELECT count(phone) || '/' || coalesce(sum(length(phone)), 0) FROM {EVERYBODYS_PHONE}",
        (
            "SELECT count(NULLIF(phone, '')) || '/' || coalesce(sum(length(phone)), 0)"
            " FROM studio_profiles"
        ),
    ),
]
downgrade_invariants: list[tuple[str, str, str]] = [
    *UNTOUCHED,
    ("the same studios are listed", listing("studio_profiles"), listing("studios")),
    (
        "every person with a studio profile has a profile or a studio",
        "SELECT count(*) FROM studio_profiles",
        f"SELECT count(*) FROM {PEOPLE}",
    ),
    *(
        (
            f"every text in {column} is kept",
            f"SELECT coalesce(sum(length({column})), 0) FROM studio_profiles",
            f"SELECT coalesce(sum(length({column})), 0) FROM user_profiles",
        )
        for column in ("about", "equipment_list", "services_offered", "home_studio_description")
    ),
]


# --- what stops it before it writes ----------------------------------------------------------

LISTED_AT_MOST = 50


def refusals(connection: sa.Connection) -> list[str]:
    """What to mend before the upgrade, a sentence each; nothing is written."""
    return [
        *tables_in_the_way(connection, "studio_profiles", "legacy_studios", "legacy_user_profiles"),
        *owners_with_two_studios(connection),
        *answers(
            connection,
            "SELECT s.id, s.name, s.owner_id FROM studios AS s"
            " LEFT JOIN users AS u ON u.id = s.owner_id WHERE u.id IS NULL ORDER BY s.id",
            "Studio {0} ({1}) has no owner: user {2} does not exist. Give it to an account.",
        ),
        *answers(
            connection,
            "SELECT p.id, p.user_id FROM user_profiles AS p"
            " LEFT JOIN users AS u ON u.id = p.user_id WHERE u.id IS NULL ORDER BY p.id",
            "Profile {0} belongs to user {1}, who does not exist. Give it to an account.",
        ),
        *answers(
            connection,
            "SELECT user_id, min(id), max(id) FROM user_profiles"
            " GROUP BY user_id HAVING count(*) > 1 ORDER BY user_id",
            "User {0} has two profiles, {1} and {2}, and can keep one. Merge them.",
        ),
        *rows_on_no_studio(connection, "studios"),
    ]


def downgrade_refusals(connection: sa.Connection) -> list[str]:
    """What to mend before the downgrade, a sentence each; nothing is written."""
    gone = {"legacy_studios", "legacy_user_profiles"} - set(tables(connection))
    if gone:
        return [
            f"The archive table {name} is gone, so the old rows can't be made exactly."
            " Restore a backup from before the consolidation instead."
            for name in sorted(gone)
        ]
    return [
        *tables_in_the_way(connection, "studios", "user_profiles"),
        *answers(
            connection,
            "SELECT user_id, min(id), max(id) FROM studio_profiles"
            " GROUP BY user_id HAVING count(*) > 1 ORDER BY user_id",
            "User {0} has two studio profiles, {1} and {2}, and can have one profile. Merge them.",
        ),
        *answers(
            connection,
            "SELECT s.id, s.name, s.user_id FROM studio_profiles AS s"
            " LEFT JOIN users AS u ON u.id = s.user_id WHERE u.id IS NULL ORDER BY s.id",
            "Studio profile {0} ({1}) belongs to user {2}, who does not exist."
            " Give it to an account.",
        ),
        *answers(
            connection,
            "SELECT profile_id, min(id), max(id) FROM legacy_studios"
            " WHERE profile_id IS NOT NULL GROUP BY profile_id HAVING count(*) > 1"
            " ORDER BY profile_id",
            "Profile {0} is claimed by two studio profiles, {1} and {2}. Correct legacy_studios.",
        ),
        *rows_on_no_studio(connection, "studio_profiles"),
    ]


def answers(connection: sa.Connection, sql: str, sentence: str) -> list[str]:
    rows = connection.execute(sa.text(f"{sql} LIMIT {LISTED_AT_MOST}")).all()
    return [sentence.format(*row) for row in rows]


def owners_with_two_studios(connection: sa.Connection) -> list[str]:
    rows = connection.execute(
        sa.text(
            "SELECT s.owner_id, u.username, s.id, s.name FROM studios AS s"
            " JOIN users AS u ON u.id = s.owner_id WHERE s.owner_id IN (SELECT owner_id"
            f" FROM studios GROUP BY owner_id HAVING count(*) > 1 LIMIT {LISTED_AT_MOST})"
            " ORDER BY s.owner_id, s.id"
        )
    )
    owners: dict[str, list[str]] = {}
    for owner, username, studio, name in rows:
        owners.setdefault(f"User {owner} ({username})", []).append(f"{studio} ({name})")
    return [
        f"{owner} owns {len(studios)} studios: {', '.join(studios)}."
        " Give all but one to other accounts."
        for owner, studios in owners.items()
    ]


def rows_on_no_studio(connection: sa.Connection, parent: str) -> list[str]:
    """Such a row would turn up on whichever studio is given that id next."""
    return [
        sentence
        for child in CHILDREN
        for sentence in answers(
            connection,
            f"SELECT c.id, c.studio_id FROM {child} AS c"
            f" LEFT JOIN {parent} AS s ON s.id = c.studio_id WHERE s.id IS NULL ORDER BY c.id",
            f"Row {{0}} of {child} names studio {{1}}, which does not exist."
            " Delete it, or give it to a studio.",
        )
    ]


def tables(connection: sa.Connection) -> list[str]:
    return sa.inspect(connection).get_table_names()


def tables_in_the_way(connection: sa.Connection, *names: str) -> list[str]:
    return [
        f"A table named {name} is in the way. Rename it, or drop it if nobody needs it."
        for name in sorted(set(names) & set(tables(connection)))
    ]


# --- forward ---------------------------------------------------------------------------------


def upgrade() -> None:
    if reasons := refusals(op.get_bind()):
        raise Refusal(reasons)
    rename_to_new()
    keep_what_studios_said()
    merge_profiles()
    add_drafts()


def rename_to_new() -> None:
    if on_sqlite():
        op.execute("PRAGMA legacy_alter_table = OFF")  # else foreign keys would not follow
    op.execute("ALTER TABLE user_profiles RENAME TO legacy_user_profiles")
    op.execute("ALTER TABLE studios RENAME TO studio_profiles")
    op.execute("ALTER TABLE studio_profiles RENAME COLUMN owner_id TO user_id")
    op.execute("DROP INDEX ix_studios_owner_id")
    # lint: accept index-not-concurrent: a thousand rows; the change runs alone in any case
    op.execute("CREATE UNIQUE INDEX ix_studio_profiles_user_id ON studio_profiles (user_id)")
    for column, kind in MOVED.items():
        op.execute(f"ALTER TABLE studio_profiles ADD COLUMN {column} {kind}")
    if not on_sqlite():
        rename_on_postgresql("studio_profiles", forward=True)


def keep_what_studios_said() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "legacy_studios",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("profile_id", sa.Integer),
        sa.Column("was_studio", sa.Boolean, nullable=False),
        sa.Column("name", sa.String(200)),
        sa.Column("phone", sa.String(60)),
        sa.Column("created_at", moment),
        sa.Column("updated_at", moment),
        sa.Column("kept_name", sa.String(200), nullable=False),
        sa.Column("kept_phone", sa.String(60)),
        sa.Column("kept_created_at", moment, nullable=False),
        sa.Column("kept_updated_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["studio_profiles.id"], ondelete="CASCADE"),
    )
    op.execute(
        "INSERT INTO legacy_studios"
        " SELECT s.id, p.id, true, s.name, s.phone, s.created_at, s.updated_at,"
        f" {first_filled('s.name', 'p.studio_name')}, {first_filled('s.phone', 'p.phone')},"
        " CASE WHEN p.created_at < s.created_at THEN p.created_at ELSE s.created_at END,"
        " CASE WHEN p.updated_at > s.updated_at THEN p.updated_at ELSE s.updated_at END"
        " FROM studio_profiles AS s LEFT JOIN legacy_user_profiles AS p ON p.user_id = s.user_id"
    )


def merge_profiles() -> None:
    op.execute(
        "UPDATE studio_profiles SET name = a.kept_name, phone = a.kept_phone,"
        " created_at = a.kept_created_at, updated_at = a.kept_updated_at,"
        f" {', '.join(f'{column} = p.{column}' for column in MOVED)}"
        " FROM legacy_studios AS a JOIN legacy_user_profiles AS p ON p.id = a.profile_id"
        " WHERE a.id = studio_profiles.id"
    )


def add_drafts() -> None:
    next_id_after_the_highest("studio_profiles")
    op.execute(
        "INSERT INTO studio_profiles (user_id, name, phone, status, is_profile_visible,"
        f" created_at, updated_at, {listed(MOVED)})"
        " SELECT p.user_id,"
        " coalesce(NULLIF(p.studio_name, ''), NULLIF(u.display_name, ''), u.username),"
        f" p.phone, 'draft', false, p.created_at, p.updated_at, {listed(MOVED, 'p.')}"
        " FROM legacy_user_profiles AS p JOIN users AS u ON u.id = p.user_id"
        " WHERE NOT EXISTS (SELECT 1 FROM studio_profiles AS s WHERE s.user_id = p.user_id)"
        " ORDER BY p.id"
    )
    op.execute(
        "INSERT INTO legacy_studios (id, profile_id, was_studio, kept_name, kept_phone,"
        " kept_created_at, kept_updated_at)"
        " SELECT s.id, p.id, false, s.name, s.phone, s.created_at, s.updated_at"
        " FROM studio_profiles AS s JOIN legacy_user_profiles AS p ON p.user_id = s.user_id"
        " WHERE NOT EXISTS (SELECT 1 FROM legacy_studios AS a WHERE a.id = s.id)"
    )


# --- back ------------------------------------------------------------------------------------


def downgrade() -> None:
    if reasons := downgrade_refusals(op.get_bind()):
        raise Refusal(reasons)
    bring_profiles_up_to_date()
    take_away_untouched_drafts()
    give_studios_their_own_values()
    rename_to_old()


def unless_edited(present: str, kept: str, original: str) -> str:
    """The value from before the upgrade where nobody changed it since, else the present one."""
    return f"CASE WHEN {same(present, f'a.{kept}')} THEN {original} ELSE {present} END"


def bring_profiles_up_to_date() -> None:
    # lint: accept loses-data-on-downgrade: their person's studio profile was deleted by a person
    op.execute(  # their studio profile was deleted, or given to somebody else
        "DELETE FROM legacy_user_profiles WHERE NOT EXISTS"
        " (SELECT 1 FROM studio_profiles AS s JOIN legacy_studios AS a ON a.id = s.id"
        " WHERE s.user_id = legacy_user_profiles.user_id"
        " AND a.profile_id = legacy_user_profiles.id)"
    )
    disputed = (
        f"{old} = {unless_edited(f's.{new}', f'kept_{new}', f'legacy_user_profiles.{old}')}"
        for old, new in zip(("studio_name", *DISPUTED[1:]), DISPUTED, strict=True)
    )
    op.execute(
        f"UPDATE legacy_user_profiles SET {', '.join(disputed)},"
        f" {', '.join(f'{column} = s.{column}' for column in MOVED)}"
        " FROM studio_profiles AS s JOIN legacy_studios AS a ON a.id = s.id"
        " WHERE a.profile_id = legacy_user_profiles.id"
    )
    next_id_after_the_highest("legacy_user_profiles")
    never_had_one = " AND ".join(is_default(column, "s.") for column in MOVED)
    op.execute(
        "INSERT INTO legacy_user_profiles"
        f" (user_id, studio_name, phone, created_at, updated_at, {listed(MOVED)})"
        " SELECT s.user_id, s.name, s.phone, s.created_at, s.updated_at,"
        f" {listed(MOVED, 's.')}"
        " FROM studio_profiles AS s LEFT JOIN legacy_studios AS a ON a.id = s.id"
        " WHERE NOT EXISTS"
        " (SELECT 1 FROM legacy_user_profiles AS p WHERE p.user_id = s.user_id)"
        f" AND NOT (a.id IS NOT NULL AND a.profile_id IS NULL AND {never_had_one})"
        " ORDER BY s.id"
    )


def take_away_untouched_drafts() -> None:
    """A draft that was filled in, published or given an image since is a studio, and stays."""
    nothing_said = " AND ".join(f"coalesce({column}, '') = ''" for column in STUDIO_WORDS)
    nothing_on_it = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {child} AS c WHERE c.studio_id = studio_profiles.id)"
        for child in CHILDREN
    )
    # lint: accept loses-data-on-downgrade: the upgrade made these drafts, and nobody filled them in
    op.execute(
        "DELETE FROM studio_profiles WHERE id IN"
        " (SELECT id FROM legacy_studios WHERE NOT was_studio)"
        " AND status = 'draft' AND NOT is_profile_visible AND NOT is_premium AND NOT is_verified"
        f" AND latitude IS NULL AND longitude IS NULL AND {nothing_said} AND {nothing_on_it}"
    )


def give_studios_their_own_values() -> None:
    own = (
        f"{column} = {unless_edited(f'studio_profiles.{column}', f'kept_{column}', f'a.{column}')}"
        for column in DISPUTED
    )
    op.execute(
        f"UPDATE studio_profiles SET {', '.join(own)} FROM legacy_studios AS a"
        " WHERE a.id = studio_profiles.id AND a.was_studio"
    )


def rename_to_old() -> None:
    # lint: accept loses-data-on-downgrade: each value went back to the studio that it came from
    op.drop_table("legacy_studios")
    if on_sqlite():
        op.execute("PRAGMA legacy_alter_table = OFF")
    else:
        rename_on_postgresql("studio_profiles", forward=False)
    op.execute("DROP INDEX ix_studio_profiles_user_id")
    for column in MOVED:
        # lint: accept loses-data-on-downgrade: every value was copied into the profiles before
        op.execute(f"ALTER TABLE studio_profiles DROP COLUMN {column}")
    op.execute("ALTER TABLE studio_profiles RENAME COLUMN user_id TO owner_id")
    op.execute("ALTER TABLE studio_profiles RENAME TO studios")
    op.execute("ALTER TABLE legacy_user_profiles RENAME TO user_profiles")
    op.execute("CREATE INDEX ix_studios_owner_id ON studios (owner_id)")


# --- engines ---------------------------------------------------------------------------------


def on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def rename_on_postgresql(table: str, *, forward: bool) -> None:
    """PostgreSQL keeps these names through a rename, and they would contradict the models. SQLite
    can't change them without a rebuild, and never asks for them."""
    names = [
        (table, "pk_studios", "pk_studio_profiles"),
        (table, "ck_studios_studiostatus", "ck_studio_profiles_studiostatus"),
        (table, "fk_studios_owner_id_users", "fk_studio_profiles_user_id_users"),
        *(
            (child, f"fk_{child}_studio_id_studios", f"fk_{child}_studio_id_studio_profiles")
            for child in CHILDREN
        ),
    ]
    for where, old, new in names:
        before, after = (old, new) if forward else (new, old)
        op.execute(f"ALTER TABLE {where} RENAME CONSTRAINT {before} TO {after}")
    old, new = "studios_id_seq", "studio_profiles_id_seq"
    before, after = (old, new) if forward else (new, old)
    op.execute(f"ALTER SEQUENCE {before} RENAME TO {after}")


def next_id_after_the_highest(table: str) -> None:
    """Rows copied in with their ids leave PostgreSQL's sequence behind them."""
    if not on_sqlite():
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        op.execute(
            f"SELECT setval({sequence}, GREATEST((SELECT max(id) FROM {table}),"
            f" nextval({sequence})))"
        )
