"""The index's tables; a migration creates them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from portal.databases.engines.derived import SEARCH_TEXT, metadata

LONGEST = 480
_number = BigInteger().with_variant(Integer, "sqlite")
_word = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")

derived_search = Table(
    "derived_search",
    metadata,
    Column("rank", _number, primary_key=True, autoincrement=False),
    Column("studio_id", Integer, nullable=False),
    Column("mask", _number, nullable=False),
    Column("country", String(2), nullable=False),
    Column("city", _word, nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("x", Double),
    Column("y", Double),
    Column("z", Double),
    Column("rated", _number, nullable=False),
    Column("made", _number, nullable=False),
    Column("named", _word, nullable=False),
    *(Index(f"ix_derived_search_{each}", each) for each in ("studio_id", "country", "city")),
    *(Index(f"ix_derived_search_{each}", each, "rank") for each in ("rated", "made", "named")),
    Index("ix_derived_search_points", "studio_id", "rank", "rated", "x", "y", "z"),
)
"""A row for each listed studio. `rank` is its quality, best first, and then its id; the location is
the public one, and a point on a sphere of radius 1. `rated` and `made` are negative, so that the
best and the newest come first in their index. The index of points has whatever a circle and a page
by distance ask for, so that they read no row; a directory may still be without it."""

derived_search_text = Table(
    SEARCH_TEXT, MetaData(), Column("rowid", _number, primary_key=True), Column("terms", Text)
)
"""A studio's tokens by `rank`. The table type depends on the engine, so models are not compared."""

derived_search_words = Table(
    "derived_search_words",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("word", _word, nullable=False),
    Column("singular", _word, nullable=False),
    Column("studios", Integer, nullable=False),
    Column("is_word", Boolean, nullable=False),
    Index("ix_derived_search_words_word", "word", unique=True),
    Index("ix_derived_search_words_singular", "singular"),
)
"""Each term with its number of studios; the empty term has the total. `is_word`: it is spelled like
this in a text, and used for spelling correction."""

derived_search_keys = Table(
    "derived_search_keys",
    metadata,
    Column("key", _word, primary_key=True),
    Column("word_id", Integer, primary_key=True, autoincrement=False),
    Index("ix_derived_search_keys_word_id", "word_id"),
    sqlite_with_rowid=False,
)

derived_search_sets = Table(
    "derived_search_sets",
    metadata,
    Column("token", _word, primary_key=True),
    Column("first", _number, primary_key=True, autoincrement=False),
    Column("studios", Integer, nullable=False),
    Column("ids", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Sets of studios by token, as Roaring bitmaps of their ids (portable format). A row contains those
from `first` up to the token's next row; `sets/tokens.py` says which tokens have one,
`sets/waiting.py` what is under a token with a sign."""
