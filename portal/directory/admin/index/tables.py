"""The tables of the admins' index; a migration creates them."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from portal.databases.engines.derived import metadata

LONGEST = 480


def _text(name: str, *, is_key: bool = False) -> Column[str]:
    kind = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")
    return Column(name, kind, primary_key=is_key, nullable=False)


derived_admin = Table(
    "derived_admin",
    metadata,
    Column("studio_id", Integer, primary_key=True, autoincrement=False),
    *(_text(each) for each in ("made", "changed", "named", "city", "rated")),
    Column("tokens", Text, nullable=False),
)
"""A row for each studio, whatever its state: its place in each order, and its tokens, which are
separated by new lines."""

derived_admin_sets = Table(
    "derived_admin_sets",
    metadata,
    _text("token", is_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("ids", LargeBinary, nullable=False),
)
"""Studios by token, as Roaring bitmaps of their numbers; each part has those of one container
(65,536 numbers)."""

derived_admin_blocks = Table(
    "derived_admin_blocks",
    metadata,
    Column("ordered", String(20), primary_key=True),
    _text("first", is_key=True),
    Column("ids", LargeBinary, nullable=False),
)
"""All studios in each order, in blocks of some hundred: a block has the studios from the place
`first` up to the next block's. Its order within is that of `derived_admin`."""
