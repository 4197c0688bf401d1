"""Tables of a directory whose rows are computed from its others: cached figures, a word index.

Revisions create them, so drift, restore comparisons and changes see their structure like any
table's. Their rows are not content: they are in no digest, count, comparison or sync, and they are
rebuilt after a restore. `is_derived` is the one place that names them; `beside.stands_beside` names
the guard's own tables.
"""

from collections.abc import Collection

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
    update,
)

from portal.databases.engines.sharing import has_table

STATE_TABLE = "derived_state"
SEARCH_TEXT = "derived_search_text"
"""On SQLite a virtual table, with tables of its own next to it."""
NAMES = frozenset(
    {
        *(STATE_TABLE, "derived_ratings", "derived_counts"),
        *("derived_search", SEARCH_TEXT, "derived_search_words", "derived_search_keys"),
        *("derived_search_sets", "derived_admin", "derived_admin_sets", "derived_admin_blocks"),
    }
)
SHADOWS = ("_data", "_idx", "_content", "_docsize", "_config")
"""The shadow tables of SQLite's full-text search."""

EMPTYING, NOTHING = -1, 0
"""Values of `filled_to`: old rows are being deleted; all are deleted, and none is built yet."""

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})
derived_state = Table(
    STATE_TABLE,
    metadata,
    Column("derived", String(40), nullable=False, primary_key=True),
    Column("rule", Integer, nullable=False),
    Column("filled_to", Integer, nullable=False),
    Column("is_whole", Boolean, nullable=False),
)
"""State of the derived tables: by which rule, up to which studio, and whether they are complete.

No row means that the build has not begun.
"""


def is_derived(name: str) -> bool:
    """Whether a table, by its display name, contains only derived rows."""
    return name in NAMES or is_shadow(name)


def is_shadow(name: str) -> bool:
    """Whether it is a shadow table of a full-text table, created and dropped with it."""
    return any(name == f"{SEARCH_TEXT}{shadow}" for shadow in SHADOWS)


def has_state(connection: Connection) -> bool:
    """Whether the product's table exists; another application's of that name has other columns."""
    if not has_table(connection, STATE_TABLE):
        return False
    return is_state({each["name"] for each in inspect(connection).get_columns(STATE_TABLE)})


def is_state(columns: Collection[str]) -> bool:
    return {each.name for each in derived_state.c} <= set(columns)


def forget_derived(connection: Connection, *, but: frozenset[str] = frozenset()) -> None:
    """Mark derived data as unusable until it is rebuilt. In the connection's transaction.

    `but`: what stays as it is.
    """
    if has_state(connection):
        connection.execute(
            update(derived_state)
            .where(derived_state.c.derived.not_in(but))
            .values(filled_to=EMPTYING, is_whole=False)
        )
