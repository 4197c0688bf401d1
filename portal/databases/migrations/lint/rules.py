"""The rules: which events are dangerous, what could happen, and the safer way.

Written after reading what squawk, strong_migrations and django-safemigrate check.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import MetaData

from portal.databases.migrations.lint.events import Event, EventKind
from portal.databases.migrations.revision import Revision
from portal.databases.migrations.sql import RowScope

TAKING = (
    EventKind.DROP_TABLE,
    EventKind.RENAME_TABLE,
    EventKind.DROP_COLUMN,
    EventKind.RENAME_COLUMN,
)
LOSING = (EventKind.DROP_TABLE, EventKind.DROP_COLUMN, EventKind.DELETE)
PHASES = ("expand", "contract")

Danger = tuple[str, str, str]
"""Rule, what could happen, the safer way."""


@dataclass(frozen=True)
class SchemaBefore:
    """The schema before a revision: columns by table, which of them are never null, and which
    tables cascade into which. Names are in lower case.
    """

    columns: dict[str, set[str]]
    cascades: dict[str, set[str]]
    required: dict[str, set[str]] = field(default_factory=dict)

    def follow(self, event: Event) -> None:
        """A renamed table is still the same table, with its rows, under its new name."""
        name, to = event.table.lower(), (event.to or "").lower()
        if event.kind is EventKind.RENAME_TABLE and to and name in self.columns:
            self.columns[to] = self.columns[name]
            self.cascades[to] = self.cascades.get(name, set())
            self.required[to] = self.required.get(name, set())

    def has(self, event: Event) -> bool:
        name = event.table.lower()
        if name not in self.columns:
            return False
        return event.column is None or event.column.lower() in self.columns[name]

    def reaches_all(self, event: Event) -> bool:
        """Whether an UPDATE or DELETE reaches every row of its table."""
        if event.where is RowScope.NOT_NULL:
            return (event.column or "").lower() in self.required.get(event.table.lower(), set())
        return event.where in {RowScope.ABSENT, RowScope.ALWAYS}


def upgrade_dangers(
    event: Event, revision: Revision, before: SchemaBefore, live: MetaData
) -> Iterator[Danger]:
    yield from unseen_dangers(event)
    if event.kind in TAKING and before.has(event):
        yield from _taking(event, revision, live)
    if event.kind is EventKind.DELETE:
        yield _deleting(event, before)
    if event.kind is EventKind.UPDATE and not before.reaches_all(event):
        return
    if event.table.lower() in before.columns and (danger := CHECKS.get(event.kind)):
        rule, sentence, safer = danger
        yield rule, sentence.format(table=event.table, column=event.column), safer
    if event.kind is EventKind.REBUILD and (children := before.cascades.get(event.table.lower())):
        yield _rebuilding(event, children)


def unseen_dangers(event: Event) -> Iterator[Danger]:
    """What affects more than it names, and what the linter can't look into: both directions."""
    if event.kind in UNSEEN:
        rule, sentence, safer = UNSEEN[event.kind]
        yield rule, sentence.format(text=event.text, named=_named(event)), safer


def downgrade_dangers(event: Event) -> Iterator[Danger]:
    yield from unseen_dangers(event)
    if event.kind in LOSING:
        yield (
            "loses-data-on-downgrade",
            (
                f"The downgrade does “{event.kind.value}” on {_named(event)}: what was written"
                " there since the change is lost."
            ),
            "Leave it, or move it to a legacy_ table, and say in the file why the loss is none.",
        )


def file_dangers(revision: Revision) -> Iterator[Danger]:
    if getattr(revision.module, "phase", None) not in PHASES:
        yield (
            "no-phase",
            (
                "It says neither expand nor contract, so it is unknown whether today's code"
                " works with it."
            ),
            'Write phase = "expand" where it only adds, else phase = "contract".',
        )
    if not revision.is_reversible:
        yield (
            "no-way-back",
            "Its downgrade does nothing: the backup is the only rollback.",
            "Write the downgrade, or say in the file why there is none.",
        )


def _taking(event: Event, revision: Revision, live: MetaData) -> Iterator[Danger]:
    verb = event.kind.value.split()[0]
    if revision.phase == "expand":
        yield (
            "claims-expand",
            (
                f"It claims to expand, and to {verb} {_named(event)} takes away what running code"
                " may use: every query on it fails at once."
            ),
            "Add the new form in this revision, and take the old one away in a later contract.",
        )
    elif _is_used(event, live):
        yield (
            f"{verb}s-{event.kind.value.split()[1]}",
            f"This release still uses {_named(event)}, and this would {verb} it.",
            "Deploy code that no longer uses it first, then contract.",
        )


def _is_used(event: Event, live: MetaData) -> bool:
    tables = {name.lower(): each for name, each in live.tables.items()}
    table = tables.get(event.table.lower())
    if table is None or event.column is None:
        return table is not None
    return event.column.lower() in {each.name.lower() for each in table.columns}


def _deleting(event: Event, before: SchemaBefore) -> Danger:
    which = "All rows" if before.reaches_all(event) else "Rows"
    return (
        "deletes-rows",
        f"{which} of {event.table} are deleted for good, and those that hang on them by cascade.",
        "Move them to a legacy_ table, which a later contract drops.",
    )


def _rebuilding(event: Event, children: set[str]) -> Danger:
    return (
        "rebuild-cascades",
        (
            f"SQLite rebuilds {event.table}: with foreign keys on, dropping the old table deletes"
            f" every row of {', '.join(sorted(children))} by cascade."
        ),
        (
            "Add or rename in place with plain ALTER TABLE; where it must be rebuilt, declare an"
            " invariant that counts the rows of each of them."
        ),
    )


def _named(event: Event) -> str:
    return f"{event.table}.{event.column}" if event.column else event.table


LOOK = (
    "Look at it yourself, at each table and row that it touches; then accept it with what you saw."
)
UNSEEN: dict[EventKind, Danger] = {
    EventKind.UNKNOWN: (
        "not-understood",
        "“{text}” could not be understood, look at it yourself.",
        LOOK,
    ),
    EventKind.CALL: ("calls-code", "It calls {text}(), and what that does is unknown here.", LOOK),
    EventKind.CASCADE: (
        "cascades",
        "CASCADE also drops what depends on {named}, without naming it.",
        "Leave CASCADE out: the database then says what is in the way; drop each by its name.",
    ),
    EventKind.DROP_SCHEMA: (
        "drops-schema",
        "{named} goes with every table in it.",
        "Drop its tables by their names, each in the contract that prepared it.",
    ),
}
CHECKS: dict[EventKind, Danger] = {
    EventKind.UPDATE: (
        "updates-all-rows",
        (
            "Every row of {table} is written in one statement: PostgreSQL keeps each of them locked"
            " until the change is committed, and writes the table a second time."
        ),
        "Narrow it to the rows that differ, or write them in batches before the change.",
    ),
    EventKind.REPLACE: (
        "replaces-rows",
        (
            "Conflicting rows of {table} are deleted and inserted again, and rows that reference"
            " them by cascade are deleted permanently."
        ),
        "INSERT … ON CONFLICT … DO UPDATE changes the row that is there.",
    ),
    EventKind.ADD_REQUIRED: (
        "not-null-without-default",
        (
            "{table}.{column} is added NOT NULL without a default: it fails on a table with rows,"
            " and code that does not know it can insert no more."
        ),
        "Add it with a server default, or nullable; fill it; set NOT NULL in a later contract.",
    ),
    EventKind.REQUIRE: (
        "sets-not-null",
        (
            "{table}.{column} becomes NOT NULL: PostgreSQL reads the whole table under an exclusive"
            " lock, SQLite rebuilds it, and code that still writes NULL fails."
        ),
        "Add CHECK (… IS NOT NULL) NOT VALID, validate it in another revision, then set NOT NULL.",
    ),
    EventKind.RETYPE: (
        "rewrites-table",
        (
            "The type of {table}.{column} changes: PostgreSQL rewrites the table under an exclusive"
            " lock, SQLite rebuilds it; reads wait meanwhile."
        ),
        "Add a column of the new type, write both, copy, read the new one, drop the old one later.",
    ),
    EventKind.INDEX: (
        "index-not-concurrent",
        (
            "The index on {table} is not made CONCURRENTLY: on PostgreSQL writes to the"
            " table wait until it is built."
        ),
        (
            "CONCURRENTLY can't be part of the one transaction of a change: accept it with the size"
            " of the table as the reason, or build it in a window without writes."
        ),
    ),
    EventKind.CONSTRAIN: (
        "constraint-scans",
        (
            "The new constraint on {table} is checked at once: PostgreSQL reads every row under a"
            " lock that keeps writers out, and rows or code that break it fail."
        ),
        "Add it NOT VALID (postgresql_not_valid=True), and validate it in a later revision.",
    ),
}
