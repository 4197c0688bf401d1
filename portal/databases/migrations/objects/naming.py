"""What the operations of a revision name: from its own SQL, and from Alembic's batches.

SQL that Alembic generates when it rebuilds a reflected table names nothing. A statement that is not
understood names nothing either, so that what it removed is listed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import PrimaryKeyConstraint

from portal.databases.migrations.objects.tokens import bare, is_word, split, tokens

FILLERS = ("IF", "NOT", "EXISTS", "ONLY", "CONCURRENTLY")
KINDS = (
    *("TABLE", "INDEX", "TRIGGER", "VIEW", "SEQUENCE", "POLICY", "RULE", "FUNCTION", "PROCEDURE"),
    *("TYPE", "DOMAIN", "EXTENSION", "STATISTICS", "CONSTRAINT", "COLUMN", "AGGREGATE", "ROUTINE"),
)
ATTRIBUTES = {
    "NULL": "NULL",
    "DEFAULT": "default",
    "EXPRESSION": "generated",
    "IDENTITY": "identity",
}
MAY_NAME = re.compile(
    r"\b(CREATE|DROP|ALTER|COMMENT|TRUNCATE|sqlite_sequence|setval)\b", re.IGNORECASE
)
SAME = {"PROCEDURE": "FUNCTION", "AGGREGATE": "FUNCTION", "ROUTINE": "FUNCTION", "DOMAIN": "TYPE"}
OF_A_KIND = frozenset({"index", "trigger", "view", "policy", "rule", "function", "type"})
"""Kinds that a statement about something else never removes by name."""
OF_A_TABLE = ("TRIGGER", "POLICY", "RULE")
"""On PostgreSQL two tables may each have one of the same name."""
MADE = ("INDEX", "TRIGGER", "VIEW")
Pair = tuple[str, str]


@dataclass
class NamedObjects:
    """Names are in lower case, without `public.`. `of_kind`: the objects, each with the kind that
    its statement says, since a trigger often has the name of its function. `on_table`: constraints
    and triggers that are named with their table. `made`: what the revision itself created, with its
    kind and its table.
    """

    objects: set[str] = field(default_factory=set)
    of_kind: set[Pair] = field(default_factory=set)
    on_table: set[Pair] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)
    made: dict[str, Pair] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    columns: set[Pair] = field(default_factory=set)
    altered: set[tuple[str, str, str]] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    options: set[str] = field(default_factory=set)
    counters: set[str] = field(default_factory=set)
    renames: set[Pair] = field(default_factory=set)

    def hear(self, sql: str) -> None:
        """Record what one or more statements of plain SQL name."""
        if not MAY_NAME.search(sql):
            return
        for statement in split(tokens(sql), ";"):
            self._statement(statement)

    def rename(self, old: str, new: str) -> None:
        if old != new:
            self.renames.add((old, new))

    def _statement(self, words: list[str]) -> None:
        verb, said = words[0].upper(), {bare(each).strip("'").rpartition(".")[2] for each in words}
        if "setval" in said or ("sqlite_sequence" in said and verb != "SELECT"):
            self.counters |= said
        place = _kind_at(words)
        if verb not in {"CREATE", "DROP", "ALTER", "COMMENT", "TRUNCATE"} or place is None:
            return
        if any(is_word(each, "TEMP", "TEMPORARY") for each in words[:place]):
            return
        kind = words[place].upper()
        if verb == "TRUNCATE":
            self._truncated(words)
        elif verb == "DROP":
            self._dropped(kind, words[place + 1 :])
        else:
            self._one(verb, kind, words[place + 1 :])

    def _truncated(self, words: list[str]) -> None:
        if any(is_word(each, "RESTART") for each in words):
            self.counters |= set(map(bare, words))

    def _dropped(self, kind: str, words: list[str]) -> None:
        for part in split(words):
            name, _ = _name(part)  # what CASCADE removes is not named
            if kind == "TABLE":
                self.dropped.add(name)
            else:
                self._object(kind, name, part if kind in OF_A_TABLE else [])
            self.made.pop(name, None)

    def _object(self, kind: str, name: str, words: list[str]) -> None:
        """If the statement says on which table, it names nothing of another one."""
        self.objects.add(name)
        is_new_rule = kind == "RULE" and any(is_word(each, "AS") for each in words)
        if table := _table_in(words, "TO" if is_new_rule else "ON"):
            self.on_table.add((table, name))
        else:
            self.of_kind.add((SAME.get(kind, kind).lower(), name))

    def _one(self, verb: str, kind: str, words: list[str]) -> None:
        name, rest = _name(words)
        if verb == "CREATE" and kind in MADE:
            self.made[name] = (kind.lower(), _table_in(rest) if kind != "VIEW" else name)
        if verb == "COMMENT":
            self._commented(kind, name)
        elif verb == "CREATE" and kind == "TABLE":
            self.written.add(name)
        elif verb == "ALTER" and kind == "TABLE":
            for action in split(rest):
                self._action(name, action)
        else:
            self._object(kind, name, rest if kind in OF_A_TABLE else [])
            if kind == "SEQUENCE" and any(is_word(each, "RESTART", "START") for each in rest):
                self.counters.add(name)
            self._renamed(name, rest)

    def _commented(self, kind: str, name: str) -> None:
        table, _, column = name.rpartition(".")
        if kind == "COLUMN":
            self.altered.add((table, column, "comment"))
        else:
            self.comments.add(name)

    def _renamed(self, name: str, words: list[str]) -> None:
        if not (words and is_word(words[0], "RENAME")):
            return
        rest = [each for each in words[1:] if not is_word(each, "COLUMN", "CONSTRAINT", "VALUE")]
        if len(rest) == 2 and is_word(rest[0], "TO"):
            self.rename(name, bare(rest[1]))
        elif len(rest) == 3 and is_word(rest[1], "TO"):
            self.rename(bare(rest[0]), bare(rest[2]))

    def _action(self, table: str, words: list[str]) -> None:
        """One action of ALTER TABLE."""
        self._renamed(table, words)
        verb, rest = words[0].upper(), [each for each in words[1:] if not is_word(each, *FILLERS)]
        if not rest:
            return
        if verb in {"ENABLE", "DISABLE", "FORCE", "NO", "SET", "RESET", "REPLICA", "INHERIT"}:
            self.options.add(table)
            self.on_table.add((table, bare(words[-1])))
        if verb == "ADD":
            self._added(table, rest)
        elif is_word(rest[0], "CONSTRAINT"):
            self.on_table |= {(table, bare(each)) for each in rest[1:2]}
        elif verb in {"DROP", "ALTER"}:
            named = rest[1:] if is_word(rest[0], "COLUMN") else rest
            column = bare(named[0]) if named else ""
            if verb == "DROP":
                self.columns.add((table, column))
            else:
                self.altered |= {(table, column, each) for each in _attributes(words)}

    def _added(self, table: str, words: list[str]) -> None:
        """A constraint by its name; a primary key also implies that its columns are never NULL."""
        if is_word(words[0], "CONSTRAINT"):
            self.on_table |= {(table, bare(each)) for each in words[1:2]}
        if any(is_word(each, "PRIMARY") for each in words) and "(" in words:
            inner = words[words.index("(") + 1 :]
            self.altered |= {(table, bare(each), "NULL") for each in inner}

    def hear_batch(self, table: str, operations: Iterable[tuple[str, Any, Any]]) -> None:
        """Record what the operations of one of Alembic's batches name."""
        for name, given, more in operations:
            if name == "alter_column":
                self._altered(table.lower(), given, more)
            elif name == "drop_column":
                self.columns.add((table.lower(), str(given[1].name).lower()))
            elif name == "rename_table":
                self.rename(str(given[0]).lower(), str(given[1]).lower())
            elif given:
                self._one_in_batch(table.lower(), name, given[0])

    def _one_in_batch(self, table: str, operation: str, what: Any) -> None:
        """A constraint or an index, created or dropped."""
        if named := getattr(what, "name", None):
            self.on_table.add((table, str(named).lower()))
        if operation == "add_constraint" and isinstance(what, PrimaryKeyConstraint):
            self.altered |= {(table, str(each.name).lower(), "NULL") for each in what.columns}

    def _altered(self, table: str, given: Any, more: dict[str, Any]) -> None:
        column = str(given[1] if len(given) > 1 else more["column_name"]).lower()
        asked = {
            "column": more.get("type_") is not None,
            "collation": getattr(more.get("type_"), "collation", None) is not None,
            "NULL": more.get("nullable") is not None,
            "default": more.get("server_default", False) is not False,
            "comment": more.get("comment", False) is not False,
        }
        self.altered |= {(table, column, kind) for kind, is_named in asked.items() if is_named}
        if more.get("autoincrement") is not None:
            self.objects.add(f"autoincrement of {table}")
        if new := more.get("name"):
            self.rename(column, str(new).lower())


def _table_in(words: list[str], mark: str = "ON") -> str:
    """The table of a CREATE INDEX or CREATE TRIGGER: what follows the first ON."""
    places = [place for place, each in enumerate(words) if is_word(each, mark)]
    return _name(words[places[0] + 1 :])[0] if places else ""


def _kind_at(words: list[str]) -> int | None:
    """The position of the object kind in CREATE, DROP, ALTER or COMMENT.

    A constraint trigger is a trigger.
    """
    for place, word in enumerate(words[:6]):
        follows = words[place + 1] if place + 1 < len(words) else ""
        if is_word(word, "CONSTRAINT", "TYPE") and is_word(follows, "TRIGGER"):
            continue
        if is_word(word, *KINDS):
            return place
    return 0 if is_word(words[0], "TRUNCATE") else None


def _name(words: list[str]) -> tuple[str, list[str]]:
    """The leading name, and what follows it."""
    place = 0
    while place < len(words) and is_word(words[place], *FILLERS):
        place += 1
    parts = [bare(each) for each in words[place : place + 1]]
    place += 1
    while words[place : place + 1] == ["."]:
        parts.append(bare(words[place + 1]) if place + 1 < len(words) else "")
        place += 2
    if len(parts) > 1 and parts[0] in {"public", "main"}:
        parts.pop(0)
    return ".".join(parts), words[place:]


def _attributes(words: list[str]) -> set[str]:
    """The attributes that ALTER COLUMN changes.

    A new type changes the collation only if it names one.
    """
    found = {ATTRIBUTES[each.upper()] for each in words if each.upper() in ATTRIBUTES}
    if any(is_word(each, "TYPE") for each in words):
        found.add("column")
    if any(is_word(each, "COLLATE") for each in words):
        found.add("collation")
    if any(is_word(each, "GENERATED") for each in words):
        found |= {"generated", "identity"}
    return found
