"""What the source says of people: kept as hashes in a file of the scratch folder, never as text.

Two sets. `words`: every word of every value that is not taken over, so that no fake is a word that
some real person bears. `phrases`: whole values, email addresses, telephone numbers, which the scan
looks for in the result. On the disk, so that memory stays flat for a million studios. The hash is
Python's own, of 64 bits and another one in each process: nobody asks this file but its maker.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from portal.databases.engines.content import any_text

SHORTEST = 4
"""Characters; whatever is shorter is in half of all texts anyway."""

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w.])\+?\d(?:[\s()./-]{0,2}\d){8,14}(?!\w)")
_DIGITS = re.compile(r"\d\D{0,2}\d\D{0,2}\d")
_WORD = re.compile(r"\w+")
_CACHE_KIB = 65536
_AT_ONCE = 20_000
_REMEMBERED = 200_000
_ASKED_AT_ONCE = 500


def text_of(value: object) -> str | None:
    """A value as somebody would read it; None for numbers and flags, which say nobody's name."""
    if value is None or isinstance(value, int | float | Decimal):
        return None
    return any_text(value) if isinstance(value, bytes) else str(value)


def plain(text: str) -> str:
    """The form in which two values count as one."""
    return " ".join(text.casefold().split())


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def digits_of(text: str) -> str:
    """The last nine digits of a telephone number: the same with and without a country's prefix."""
    return "".join(each for each in text if each in "0123456789")[-9:]


def phrases_in(text: str, *, is_prose: bool) -> Iterator[str]:
    """What identifies somebody in a value: all of it, and addresses and numbers inside it."""
    whole = plain(text)
    if len(whole) >= SHORTEST:
        yield whole
    if "@" in text:
        yield from (each.casefold() for each in EMAIL.findall(text))
    if _DIGITS.search(text):
        yield from (digits_of(each) for each in PHONE.findall(text))
    if is_prose:
        lines = (plain(line) for line in text.splitlines())
        yield from (line for line in lines if " " in line)


class Known:
    def __init__(self, folder: Path) -> None:
        self._file = sqlite3.connect(folder / "known.sqlite3", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._file.execute(f"PRAGMA {pragma}")
        for table in ("words", "phrases"):
            self._file.execute(f"CREATE TABLE {table} (hash INTEGER PRIMARY KEY)")
        self._waiting: dict[str, set[int]] = {"words": set(), "phrases": set()}
        self._lately: set[str] = set()
        self._has_word = lru_cache(_REMEMBERED)(self._look_up)

    def add(self, text: str, *, is_prose: bool = False) -> None:
        if new := set(words_of(text)) - self._lately:
            self._lately |= new
            self._add("words", (each for each in new if len(each) >= SHORTEST))
        if len(self._lately) > _REMEMBERED:
            self._lately.clear()
        self._add("phrases", phrases_in(text, is_prose=is_prose))

    def finish(self) -> None:
        """Call once everything was added, before anything is asked."""
        for table in self._waiting:
            self._write(table)

    def has_word(self, word: str) -> bool:
        return self._has_word(word.casefold())

    def phrases_among(self, asked: Iterable[str]) -> set[str]:
        """Those of these phrases, in their plain form, that the source holds."""
        hashes = {hash(each): each for each in asked}
        keys, found = list(hashes), set()
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            some = keys[start : start + _ASKED_AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT hash FROM phrases WHERE hash IN ({marks})"  # noqa: S608
            found |= {hashes[value] for (value,) in self._file.execute(query, some)}
        return found

    def close(self) -> None:
        self._file.close()

    def _look_up(self, word: str) -> bool:
        query = "SELECT 1 FROM words WHERE hash = ?"
        return self._file.execute(query, (hash(word),)).fetchone() is not None

    def _add(self, table: str, values: Iterable[str]) -> None:
        waiting = self._waiting[table]
        waiting.update(map(hash, values))
        if len(waiting) >= _AT_ONCE:
            self._write(table)

    def _write(self, table: str) -> None:
        """In order, since a tree grows quickest where it is not torn."""
        rows = [(each,) for each in sorted(self._waiting[table])]
        self._file.execute("BEGIN")
        self._file.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?)", rows)  # noqa: S608
        self._file.execute("COMMIT")
        self._waiting[table].clear()
