"""Which locks a change takes, told from the statements that the rehearsal heard."""

import re
from collections.abc import Iterable

NAME = r'(?:IF EXISTS |IF NOT EXISTS |ONLY )*(?:"?[\w$]+"?\.)?"?([\w$]+)"?'
STRONGEST_FIRST = (
    ("ACCESS EXCLUSIVE", "nobody reads or writes it until the change is committed"),
    ("SHARE", "nobody writes to it until the change is committed"),
    ("ROW EXCLUSIVE", "the rows that it touches wait"),
)
PATTERNS = (
    ("ACCESS EXCLUSIVE", re.compile(rf"(?:ALTER|DROP) TABLE {NAME}", re.IGNORECASE)),
    ("ACCESS EXCLUSIVE", re.compile(rf"TRUNCATE (?:TABLE )?{NAME}", re.IGNORECASE)),
    (
        "SHARE",
        re.compile(rf"CREATE (?:UNIQUE )?INDEX (?!CONC).*? ON {NAME}", re.IGNORECASE),
    ),
    ("ROW EXCLUSIVE", re.compile(rf"(?:INSERT INTO|UPDATE|DELETE FROM) {NAME}", re.IGNORECASE)),
)


def lock_hints(statements: Iterable[str]) -> list[str]:
    """A sentence for each strength, with its tables; a table is named with its strongest alone.

    PostgreSQL's locks: on SQLite one writer holds the whole file, and readers go on reading.
    """
    strongest: dict[str, str] = {}
    order = [mode for mode, _ in STRONGEST_FIRST]
    for statement in statements:
        for mode, table in _locks(" ".join(statement.split())):
            held = strongest.get(table, mode)
            strongest[table] = min(held, mode, key=order.index)
    return [
        f"{mode} on {', '.join(tables)}: {means}."
        for mode, means in STRONGEST_FIRST
        if (tables := sorted(table for table, held in strongest.items() if held == mode))
    ]


def _locks(statement: str) -> Iterable[tuple[str, str]]:
    for mode, pattern in PATTERNS:
        if found := pattern.match(statement):
            yield mode, found[1]
