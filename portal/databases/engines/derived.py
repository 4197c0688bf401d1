"""Tables of a directory whose rows follow from its others: kept figures, an index of words.

They are made by revisions, so their structure is compared like any table's: drift, a restored
copy and a change see it. Their rows are nobody's content: they are in no digest, no count, no
comparison and no sync, and they are made anew after a restore. `is_derived` is the one place that
names them, where `beside.stands_beside` names what is the guard's own.
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
"""On SQLite a virtual table, whose own tables stand beside it."""
NAMES = frozenset(
    {
        *(STATE_TABLE, "derived_ratings", "derived_counts"),
        *("derived_search", SEARCH_TEXT, "derived_search_words", "derived_search_keys"),
        "derived_search_sets",
    }
)
SHADOWS = ("_data", "_idx", "_content", "_docsize", "_config")
"""What SQLite's full-text search makes beside a table of its own."""

EMPTYING, NOTHING = -1, 0
"""Of `filled_to`: rows of before are being taken away; all are gone, and none is made yet."""

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})
derived_state = Table(
    STATE_TABLE,
    metadata,
    Column("derived", String(40), nullable=False, primary_key=True),
    Column("rule", Integer, nullable=False),
    Column("filled_to", Integer, nullable=False),
    Column("is_whole", Boolean, nullable=False),
)
"""What stands in the derived tables: by which rule, up to which studio, and whether it is all.

No row says that nothing was begun."""


def is_derived(name: str) -> bool:
    """Whether a table, by its name for people, holds only what follows from others."""
    return name in NAMES or is_shadow(name)


def is_shadow(name: str) -> bool:
    """Whether SQLite made the table for one of full text: it comes and goes with that one."""
    return any(name == f"{SEARCH_TEXT}{shadow}" for shadow in SHADOWS)


def has_state(connection: Connection) -> bool:
    """Whether the product's table stands there: somebody else's of that name has other columns."""
    if not has_table(connection, STATE_TABLE):
        return False
    return is_state({each["name"] for each in inspect(connection).get_columns(STATE_TABLE)})


def is_state(columns: Collection[str]) -> bool:
    return {each.name for each in derived_state.c} <= set(columns)


def forget_derived(connection: Connection, *, but: frozenset[str] = frozenset()) -> None:
    """None of it is used until it was made anew. In the connection's transaction.

    `but`: what stays as it is.
    """
    if has_state(connection):
        connection.execute(
            update(derived_state)
            .where(derived_state.c.derived.not_in(but))
            .values(filled_to=EMPTYING, is_whole=False)
        )
