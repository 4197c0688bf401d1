"""What is missing or different between two states of a schema, and which of it was not named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.core.storage.database import JsonDict
from portal.databases.migrations.objects.facts import ABSENT, IN_TABLE, OF_COLUMN, Fact, Facts, Key
from portal.databases.migrations.objects.naming import MADE, OF_A_KIND, NamedObjects
from portal.databases.migrations.objects.tokens import bare, same, tokens

LONG = {"index", "trigger", "view", "rule", "policy", "function", "constraint"}
LONG_TEXT = 60
OWN = {each.lower() for each in MADE}


@dataclass(frozen=True)
class Loss:
    """One object that was lost or changed while a revision ran that doesn't name it.

    `revision`: None for what happened outside of all revisions. `found`: None for a lost object.
    """

    revision: str | None
    fact: Fact
    found: str | None

    @property
    def is_of_its_own(self) -> bool:
        """Whether the revision itself created it; its original state is not known then."""
        return self.found is None and self.fact.text == "" and self.fact.kind in OWN

    @property
    def sentence(self) -> str:
        words = self.fact.words[:1].upper() + self.fact.words[1:]
        if self.fact.kind == "works":
            return f"{self.fact.name[:1].upper()}{self.fact.name[1:]} no longer works."
        if self.fact.kind == "counter":
            how = (
                "goes" if self.found is None else f"goes back from {self.fact.text} to {self.found}"
            )
            return f"{words} {how}: numbers of deleted rows are given again."
        if self.found is None:
            return f"{words} goes."
        if self.fact.kind in LONG or len(self.fact.text + self.found) > LONG_TEXT:
            return f"{words} changes."
        was = self.fact.text or "nothing"
        return f"{words} changes from {was} to {self.found or 'nothing'}."

    @property
    def json(self) -> JsonDict:
        """The loss in the plan's format; `key` identifies the object."""
        return {
            "revision": self.revision,
            "key": list(self.fact.key),
            "sentence": self.sentence,
            "was": self.fact.text or self.fact.words,
            "found": self.found,
        }


class Renames:
    """Which name may have become which. `present`: names that exist now; others lead nowhere."""

    def __init__(self, pairs: Iterable[tuple[str, str]], present: set[str] | None = None) -> None:
        self._now: dict[str, set[str]] = {}
        for old, new in pairs:
            self._now.setdefault(_last(old), set()).add(_last(new))
        self._present = present
        self._reached_from: dict[str, set[str]] = {}

    def may_be(self, old: str, new: str) -> bool:
        if old == new:
            return True
        old, new = _last(old.lower()), _last(new.lower())
        if old == new:
            return True
        return new in self._reached(old) and (self._present is None or new in self._present)

    def _reached(self, old: str) -> set[str]:
        """Cached: it is called with the same name for each pair of facts."""
        if old not in self._reached_from:
            self._reached_from[old] = self._follow(old)
        return self._reached_from[old]

    def _follow(self, old: str) -> set[str]:
        found: set[str] = set()
        open_ = {old}
        while open_:
            more = {new for each in open_ for new in self._now.get(each, ())} - found
            found |= more
            open_ = more
        return found


OWN_TRIGGER = ("portal_guard", "alembic_version")
"""The guard makes it where a change made the version table; no inventory holds it."""


class Comparison:
    """Between two inventories, with what was named in between."""

    def __init__(self, before: Facts, after: Facts, names: NamedObjects) -> None:
        self._before, self._names = before, names
        self._by_kind: dict[str, list[Fact]] = {}
        for key, fact in after.items():
            self._by_kind.setdefault(key.kind, []).append(fact)
        self._after = after
        self._now = Renames(names.renames, _names_in(after))
        self._ever = Renames(names.renames)
        self._counterparts: dict[Key, Fact | None] = {}
        self._on_table: dict[tuple[str, str], list[Fact]] = {}
        self._namesakes: dict[tuple[str, str], dict[str, Fact]] = {}

    def unnamed(self) -> list[tuple[Fact, Fact | None]]:
        """Each earlier fact that is missing or different and that nothing named, with its present
        counterpart; what depends on something missing is not listed again.
        """
        changed = [pair for pair in self._changed() if not self._is_named(*pair)]
        missing = {fact.key for fact in self._before.values() if self._counterpart(fact) is None}
        return [
            *(pair for pair in changed if not self._depends_on(pair[0], missing)),
            *((fact, None) for fact in self._created_and_lost()),
        ]

    def _created_and_lost(self) -> Iterator[Fact]:
        """What the revision itself created and a rebuild then lost."""
        labels = {_last(each.label.lower()) for each in self._after.values() if each.label}
        known = {each.label.lower() for each in self._before.values() if each.label}
        for name, (kind, table) in self._names.made.items():
            is_there = any(self._ever.may_be(name, each) for each in labels)
            is_kept = is_there or name in known or (name, table) == OWN_TRIGGER
            if not is_kept and not self._is_dropped_table(table):
                yield Fact(kind, table, name, "", name)

    def _changed(self) -> Iterator[tuple[Fact, Fact | None]]:
        for fact in self._before.values():
            now = self._counterpart(fact)
            if now is None or not self._is_same(fact, now):
                yield fact, now

    def _counterpart(self, fact: Fact) -> Fact | None:
        if fact.key not in self._counterparts:
            self._counterparts[fact.key] = self._find(fact)
        return self._counterparts[fact.key]

    def _find(self, fact: Fact) -> Fact | None:
        """The same object now: preferably with the same definition, then with its name or label."""
        if (there := self._after.get(fact.key)) and self._is_same(fact, there):
            return there
        found = self._on_same(fact.kind, fact.table)
        namesake = self._namesakes[fact.kind, fact.table].get(fact.name)
        if namesake and self._is_same(fact, namesake):  # no closer match is possible
            return namesake
        named = [each for each in found if self._has_same_name(fact, each)]
        alike = [each for each in named if self._is_same(fact, each)]
        labelled = [each for each in found if fact.label and _labels_match(fact, each, self._now)]
        return next(iter([*alike, *named, *labelled]), None)

    def _on_same(self, kind: str, table: str) -> list[Fact]:
        """The present objects of the table that this one may have become; computed once for all."""
        if (kind, table) not in self._on_table:
            there = self._by_kind.get(kind, [])
            found = [each for each in there if self._now.may_be(table, each.table)]
            self._on_table[kind, table] = found
            self._namesakes[kind, table] = {each.name: each for each in found}
        return self._on_table[kind, table]

    def _has_same_name(self, was: Fact, now: Fact) -> bool:
        if was.kind in {"order", "primary key", "table"} or was.name == was.table:
            return self._now.may_be(was.name, now.name)
        return same(was.name, now.name, self._now.may_be)

    def _is_same(self, was: Fact, now: Fact) -> bool:
        if was.kind == "counter":
            return int(now.text) >= int(was.text)
        if was.kind == "order":
            return self._is_same_order(was, now)
        return same(was.text, now.text, self._now.may_be)

    def _is_same_order(self, was: Fact, now: Fact) -> bool:
        """Whether the columns in both have the same order; a new column may have any position."""
        if was.text == now.text and not self._names.renames:
            return True
        listed = now.text.split(", ")
        mapped = [
            next((new for new in listed if self._now.may_be(old, new)), None)
            for old in was.text.split(", ")
        ]
        kept = [each for each in mapped if each]
        return [each for each in listed if each in kept] == kept

    def _is_named(self, fact: Fact, now: Fact | None) -> bool:
        if self._is_dropped_table(fact.table):
            return True
        if fact.kind == "counter" and self._counter_is_named(fact):
            return True
        if now is None:
            was_made_again = (fact.label or "").lower() in self._names.made
            is_named = self._label_is_named(fact) and not was_made_again
            return is_named or bool(fact.columns and self._are_dropped(fact))
        is_written = _adds_something(fact, now) and self._is_written(now.table)
        return is_written or self._label_is_named(fact) or self._is_altered(fact)

    def _counter_is_named(self, fact: Fact) -> bool:
        called = [each.lower() for each in (fact.name, fact.label) if each]
        known = self._names.counters
        return any(self._ever.may_be(each, of) for each in called for of in known)

    def _label_is_named(self, fact: Fact) -> bool:
        names, label = self._names, fact.label
        if fact.kind in {"table", "counter"} or label is None:
            return False
        known = names.objects
        if fact.kind in OF_A_KIND:
            known = {name for kind, name in names.of_kind if kind == fact.kind}
        elif fact.kind == "option":
            known = names.options
        elif fact.kind.startswith("comment"):
            known = names.comments
        return any(self._ever.may_be(label, each) for each in known) or any(
            self._ever.may_be(fact.table, table) and self._ever.may_be(label, each)
            for table, each in names.on_table
        )

    def _is_dropped_table(self, table: str) -> bool:
        if any(self._now.may_be(table, each.table) for each in self._by_kind.get("table", [])):
            return False
        return any(self._ever.may_be(table, each) for each in self._names.dropped)

    def _is_written(self, table: str) -> bool:
        return any(self._ever.may_be(each, table) for each in self._names.written)

    def _are_dropped(self, fact: Fact) -> bool:
        """Whether all columns that it is about were dropped by name."""
        return all(
            any(
                self._ever.may_be(fact.table, table) and self._ever.may_be(column, dropped)
                for table, dropped in self._names.columns
            )
            for column in fact.columns
        )

    def _is_altered(self, fact: Fact) -> bool:
        return any(
            fact.kind == kind
            and fact.column is not None
            and self._ever.may_be(fact.table, table)
            and self._ever.may_be(fact.column, column)
            for table, column, kind in self._names.altered
        )

    def _depends_on(self, fact: Fact, missing: set[Key]) -> bool:
        if fact.kind != "table" and Key("table", fact.table, fact.table) in missing:
            return True
        if fact.kind in OF_COLUMN:
            return Key("column", fact.table, fact.name) in missing
        if fact.kind in {"sequence", "counter", "owner of sequence"}:
            own = {Key("column", fact.table, each) for each in fact.columns}
            return bool((own | ({Key("sequence", *fact.key[1:])} - {fact.key})) & missing)
        if fact.kind == "works":
            return any(each.kind == "view" and each.name == fact.label for each in missing)
        if fact.kind == "name":
            return any(
                each.label == fact.label and each.table == fact.table and each.key in missing
                for each in self._before.values()
                if each.kind != "name"
            )
        return False


def unnamed(before: Facts, after: Facts, names: NamedObjects, revision: str | None) -> list[Loss]:
    pairs = Comparison(before, after, names).unnamed()
    return [Loss(revision, fact, None if now is None else now.text) for fact, now in pairs]


def differences(before: Facts, after: Facts) -> list[Loss]:
    """Everything that is missing or different, named or not."""
    return unnamed(before, after, NamedObjects(), None)


def _adds_something(was: Fact, now: Fact) -> bool:
    """Whether the author of a CREATE TABLE added something, and did not only leave something out.
    The order of columns does not count.
    """
    if now.kind not in IN_TABLE or now.kind == "order" or now.text in ABSENT:
        return False
    return bool({*map(bare, tokens(now.text))} - {*map(bare, tokens(was.text))})


def _labels_match(was: Fact, now: Fact, renames: Renames) -> bool:
    return now.label is not None and renames.may_be(was.label or "", now.label)


def _names_in(facts: Facts) -> set[str]:
    found = {_last(text.lower()) for each in facts for text in (each.table, each.name)}
    return found | {_last(each.label.lower()) for each in facts.values() if each.label}


def _last(name: str) -> str:
    return name.rpartition(".")[2]
