"""A production with people in it: in their own columns, and where nobody would look for them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from portal.databases.sync.columns.rules import load_rules
from tests.databases import stage
from tests.support.databases import HEAD, make_database

IN_PROSE = (
    "zarina.okonkwo@acme-voices.example",
    "0117 496 0123",
    "(020) 7946-0991",
    "Zarina Okonkwo",
    "14 Hollybush Terrace",
)
PROSE = (
    "Ask Zarina Okonkwo, zarina.okonkwo@acme-voices.example or 0117 496 0123."
    " She lives at 14 Hollybush Terrace; her brother answers (020) 7946-0991."
)
PLACES = (
    ("reviews", "content"),
    ("review_responses", "content"),
    ("user_profiles", "about"),
    ("user_profiles", "custom_connection_methods"),
    ("user_profiles", "equipment_list"),
    ("studios", "description"),
    ("studio_images", "alt_text"),
)
DELETED = "Barnaby Thistlewood-Marsh, 0131 496 0777"
NO_UTF8 = "Jürgen Grünwald".encode("latin-1")
SHORTEST = 5


def place_both(studios: int = 30) -> None:
    """Production at the legacy schema, with all of that; development at head, with other rows."""
    production = stage.place(studios=studios)
    development = make_database("development", HEAD, studios=6)
    for table, column in PLACES:
        stage.execute(production, f"UPDATE {table} SET {column} = '{PROSE}' WHERE id % 3 = 1")
    stage.execute(production, "UPDATE users SET avatar_url = 'https://acme.example/zo.jpg'")
    leave_in_free_pages(stage.file_at(production))
    stage.execute(
        production, f"UPDATE users SET avatar_url = CAST(X'{NO_UTF8.hex()}' AS TEXT) WHERE id = 2"
    )
    stage.execute(production, "ANALYZE")  # keeps samples of what is indexed, such as addresses
    for target in (production, development):
        entry = f"('{target.name}-1', 'p', NULL, 'r', 'now')"
        stage.execute(target, f"INSERT INTO portal_journal VALUES {entry}")


def leave_in_free_pages(file: Path) -> None:
    """What was deleted long ago stands there still, unless SQLite was told to wipe it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        row = "INSERT INTO reviews (studio_id, reviewer_id, owner_id, rating, content)"
        gone = f"{DELETED} " * 90
        for _ in range(20):
            connection.execute(f"{row} VALUES (1, 1, 1, 5, ?)", (gone,))
        connection.execute(f"DELETE FROM reviews WHERE content LIKE '{DELETED}%'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert DELETED.encode() in file.read_bytes()


def said_of_people(file: Path) -> set[str]:
    """Every text of every column that isn't kept; of a long one, each line's beginning."""
    said = {*IN_PROSE, DELETED}
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "ignore")
        for table, column in _not_kept(connection):
            for (value,) in connection.execute(f"SELECT DISTINCT {column} FROM {table}"):
                said |= set(pieces(value))
    return said


def _not_kept(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for table, lines in load_rules().items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        yield from ((table, name) for name, rule in lines.items()
                    if name in present and not rule.is_kept)  # fmt: skip


def pieces(value: object) -> Iterator[str]:
    if isinstance(value, float):
        yield str(value)
    elif isinstance(value, str):
        yield from (line[:40] for line in value.splitlines() if len(line) >= SHORTEST)
