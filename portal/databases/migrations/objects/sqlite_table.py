"""What a CREATE TABLE of SQLite defines, parsed from its text: no pragma reports all of it."""

from collections.abc import Iterator

from portal.databases.migrations.objects.facts import Fact
from portal.databases.migrations.objects.tokens import (
    bare,
    inside,
    is_word,
    joined,
    shown,
    split,
    tokens,
    without_parentheses,
)

CONSTRAINTS = (
    *("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE"),
    *("REFERENCES", "GENERATED", "AS"),
)
OF_TABLE = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


def facts_of_table(name: str, sql: str) -> list[Fact]:
    """The facts of a CREATE TABLE; if it is not understood, one fact with its whole text."""
    words = tokens(sql)
    if is_word(words[1] if len(words) > 1 else "", "VIRTUAL"):
        return [Fact("table", name, name, "virtual"), Fact("virtual table", name, name, sql)]
    try:
        return list(_Table(name, words).facts())
    except (ValueError, IndexError):
        return [Fact("table", name, name), Fact("definition of table", name, name, joined(words))]


class _Table:
    def __init__(self, name: str, words: list[str]) -> None:
        self._name = name
        body, end = inside(words, words.index("("))
        self._options = [joined(each).upper() for each in split(words[end:])]
        parts = split(body)
        self._columns = [each for each in parts if not is_word(each[0], *OF_TABLE)]
        self._constraints = [each for each in parts if is_word(each[0], *OF_TABLE)]
        self._names = {bare(each[0]): shown(each[0]) for each in self._columns}
        self._key: list[str] = []

    def facts(self) -> Iterator[Fact]:
        yield Fact("table", self._name, self._name)
        listed = ", ".join(self._names.values())
        yield Fact("order", self._name, self._name, listed, f"order of {self._name}")
        for option in self._options:
            yield self._fact("option", option)
        found = [fact for each in self._columns for fact in self._column(each)]
        for each in self._constraints:
            label, rest = _label(each)
            found += self._constraint(label, rest)
        yield from (self._with_rule_of_key(each) for each in found)

    def _column(self, words: list[str]) -> Iterator[Fact]:
        name, rest = shown(words[0]), words[1:]
        clauses = list(_clauses(rest))
        first = next((at for at, each in enumerate(rest) if is_word(each, *CONSTRAINTS)), len(rest))
        yield self._fact("column", name, joined(rest[:first]).upper(), column=name)
        values = {
            "NULL": "NULL",
            "default": "none",
            "collation": "BINARY",
            "generated": "not at all",
        }
        for label, clause in clauses:
            if is_word(clause[0], "NOT"):
                values["NULL"] = joined(clause).upper()
            elif is_word(clause[0], "DEFAULT"):
                values["default"] = _default(clause[1:])
            elif is_word(clause[0], "COLLATE"):
                values["collation"] = shown(clause[1]).upper()
            elif is_word(clause[0], "GENERATED", "AS"):
                values["generated"] = _generated(clause)
            else:
                yield from self._constraint(label, clause, column=name)
        for kind, text in values.items():
            yield self._fact(kind, name, text, column=name)

    def _constraint(
        self, label: str | None, words: list[str], *, column: str | None = None
    ) -> Iterator[Fact]:
        for fact in self._one(label, words, column):
            yield fact
            if label and fact.kind != "AUTOINCREMENT":
                yield Fact("name", self._name, label, fact.kind, label, fact.columns)

    def _one(self, label: str | None, words: list[str], column: str | None) -> Iterator[Fact]:
        if is_word(words[0], "PRIMARY"):
            yield from self._primary(label, words, column)
        elif is_word(words[0], "UNIQUE"):
            listed, end = ([column], 1) if column else _listed(words, 1)
            about = frozenset(each.split(" ")[0].lower() for each in listed)
            text = joined(words[end:]).upper()
            yield Fact("unique", self._name, ", ".join(listed), text, label, about)
        elif is_word(words[0], "CHECK"):
            inner = without_parentheses(inside(words, 1)[0])
            yield Fact("CHECK", self._name, joined(inner), "", label, self._about(inner))
        elif is_word(words[0], "FOREIGN"):
            listed, end = _listed(words, 2)
            yield self._reference(label, listed, words[end:])
        elif is_word(words[0], "REFERENCES") and column:
            yield self._reference(label, [column], words)

    def _primary(self, label: str | None, words: list[str], column: str | None) -> Iterator[Fact]:
        direction = [each for each in words[2:3] if is_word(each, "DESC")]
        listed, end = ([" ".join([column, *direction])], 2) if column else _listed(words, 2)
        rest = [each for each in words[end:] if not is_word(each, "ASC", "DESC")]
        self._key = [bare(each.split(" ", maxsplit=1)[0]) for each in listed]
        if rest and is_word(rest[-1], "AUTOINCREMENT"):
            label_of_it = f"autoincrement of {self._name}"
            yield Fact("AUTOINCREMENT", self._name, self._name, "", label_of_it)
            rest.pop()
        text = " ".join([f"({', '.join(listed)})", joined(rest).upper()]).strip()
        yield Fact("primary key", self._name, self._name, text, label, frozenset(self._key))

    def _reference(self, label: str | None, listed: list[str], words: list[str]) -> Fact:
        target, place = words[1], 2
        theirs: list[str] = []
        if place < len(words) and words[place] == "(":
            theirs, place = _listed(words, place)
        rules = sorted(_rules(words[place:]))
        text = " ".join([f"{shown(target)} ({', '.join(theirs)})", *rules])
        about = frozenset(map(bare, listed))
        return Fact("foreign key", self._name, ", ".join(listed), text, label, about)

    def _with_rule_of_key(self, fact: Fact) -> Fact:
        """An INTEGER PRIMARY KEY is never NULL, whether or not the text says so."""
        if fact.kind != "NULL" or self._key != [bare(fact.name)] or fact.text != "NULL":
            return fact
        types = {bare(each[0]): each[1:2] for each in self._columns}
        is_rowid = is_word("".join(types[bare(fact.name)]), "INTEGER")
        strict = any("WITHOUT ROWID" in each or "STRICT" in each for each in self._options)
        return (
            self._fact("NULL", fact.name, "NOT NULL", column=fact.name)
            if (is_rowid or strict)
            else fact
        )

    def _fact(self, kind: str, name: str, text: str = "", *, column: str | None = None) -> Fact:
        about = frozenset({column.lower()}) if column else frozenset()
        return Fact(kind, self._name, name, text, None, about)

    def _about(self, words: list[str]) -> frozenset[str]:
        return frozenset(bare(each) for each in words if bare(each) in self._names)


def _label(words: list[str]) -> tuple[str | None, list[str]]:
    if is_word(words[0], "CONSTRAINT"):
        return shown(words[1]), words[2:]
    return None, words


def _clauses(words: list[str]) -> Iterator[tuple[str | None, list[str]]]:
    """The constraints of a column, each with its own name."""
    found: list[list[str]] = []
    depth = 0
    for place, word in enumerate(words):
        follows = words[place + 1] if place + 1 < len(words) else ""
        begins = depth == 0 and is_word(word, *CONSTRAINTS) and not _continues(found, word, follows)
        depth += (word == "(") - (word == ")")
        if begins:
            found.append([word])
        elif found:
            found[-1].append(word)
    for each in found:
        label, rest = _label(each)
        if rest:
            yield label, rest


def _continues(found: list[list[str]], word: str, follows: str) -> bool:
    """Whether a word that could begin a constraint belongs to the preceding one."""
    if not found:
        return False
    now = found[-1]
    is_named = is_word(now[0], "CONSTRAINT")
    if is_named and len(now) < 3:
        return True
    continues = {
        "NULL": is_word(now[-1], "NOT", "SET", "DEFAULT"),
        "DEFAULT": is_word(now[-1], "SET"),
        "NOT": not is_word(follows, "NULL"),
        "AS": is_word(now[2] if is_named else now[0], "GENERATED"),
    }
    return continues.get(word.upper(), is_word(now[-1], "DEFAULT") and len(now) in {1, 3})


def _listed(words: list[str], start: int) -> tuple[list[str], int]:
    """Columns in parentheses; ASC is the default and ignored."""
    inner, end = inside(words, start)
    parts = [[each for each in part if not is_word(each, "ASC")] for part in split(inner)]
    return [" ".join(map(shown, part)) for part in parts], end


def _default(words: list[str]) -> str:
    text = joined(without_parentheses(words))
    return "none" if text.upper() == "NULL" else text


def _generated(words: list[str]) -> str:
    start = words.index("(")
    inner, end = inside(words, start)
    is_stored = any(is_word(each, "STORED") for each in words[end:])
    return f"{joined(inner)} {'STORED' if is_stored else 'VIRTUAL'}"


def _rules(words: list[str]) -> Iterator[str]:
    """The rules of a foreign key, without those that state a default."""
    text = joined(words).upper()
    for on in ("DELETE", "UPDATE"):
        for does in ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"):
            if f"ON {on} {does}" in text:
                yield f"ON {on} {does}"
    if "NOT DEFERRABLE" not in text and "INITIALLY DEFERRED" in text:
        yield "DEFERRABLE INITIALLY DEFERRED"
