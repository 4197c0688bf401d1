"""Personal values of the source: kept as hashes in a file of the scratch folder, never as text.

Two sets. `words`: every word of every value that is not kept, so that no fake is a word from a real
person's data. `phrases`: whole values, email addresses, telephone numbers, which the scan looks for
in the result. On disk, so that memory stays constant for a million studios: hashes are written as
they come, and sorted once. The hash is Python's own, of 64 bits and different in each process: only
the process that wrote the file can use it.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from pathlib import Path

from portal.databases.engines.content import any_text

SHORTEST = 4
"""Characters; shorter words occur in half of all texts anyway."""

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w.])\+?\d(?:[\s()./-]{0,2}\d){8,14}(?!\w)")
DIGITS = re.compile(r"\d\D{0,2}\d\D{0,2}\d")
WORD = re.compile(r"\w+")
APART = "\n\0\n"
"""Separates values that are searched together: part of no word, address or number."""

_CACHE_KIB = 8192
_AT_ONCE = 20_000
_REMEMBERED = 20_000
_PER_QUERY = 500


def text_of(value: object) -> str | None:
    """A value as a reader would see it; None for numbers and flags, which contain no name."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, int | float | Decimal):
        return None
    return any_text(value) if isinstance(value, bytes) else str(value)


def plain(text: str) -> str:
    """The form in which two values count as one."""
    return " ".join(text.casefold().split())


def words_of(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def digits_of(text: str) -> str:
    """The last nine digits of a telephone number: the same with and without a country code."""
    return "".join(each for each in text if each in "0123456789")[-9:]


def phrases_in(texts: Sequence[str], *, is_prose: bool) -> Iterator[str]:
    """Identifying parts of values: each whole value, and the addresses and numbers inside it."""
    yield from (whole for text in texts if len(whole := " ".join(text.split())) >= SHORTEST)
    joined = APART.join(texts)
    if "@" in joined:
        yield from EMAIL.findall(joined)
    if DIGITS.search(joined):
        yield from map(digits_of, PHONE.findall(joined))
    if is_prose:
        several = (text.splitlines() for text in texts if len(text.splitlines()) > 1)
        yield from (line for line in map(plain, chain.from_iterable(several)) if " " in line)


class SourceValues:
    def __init__(self, folder: Path) -> None:
        self._file = sqlite3.connect(folder / "known.sqlite3", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._file.execute(f"PRAGMA {pragma}")
        self._waiting: dict[str, set[int]] = {"words": set(), "phrases": set()}
        for table in self._waiting:
            self._file.execute(f"CREATE TABLE new_{table} (hash INTEGER)")
        self._recent: set[str] = set()
        self._has_word = lru_cache(_REMEMBERED)(self._look_up)

    def add(self, *texts: str, is_prose: bool = False) -> None:
        """Only words of letters: a fake has no others."""
        folded = [each.casefold() for each in texts]
        new = set(WORD.findall(APART.join(folded))) - self._recent
        self._add("words", [each for each in new if len(each) >= SHORTEST and each.isalpha()])
        self._add("phrases", phrases_in(folded, is_prose=is_prose))
        if len(self._recent) > _REMEMBERED:
            self._recent.clear()
        self._recent |= new

    def finish(self) -> None:
        """Call once everything was added, before the first query."""
        for table in self._waiting:
            self._write(table)
            self._file.execute(f"CREATE TABLE {table} (hash INTEGER PRIMARY KEY)")
            self._file.execute(
                f"INSERT OR IGNORE INTO {table} SELECT hash FROM new_{table} ORDER BY hash"  # noqa: S608
            )
            self._file.execute(f"DROP TABLE new_{table}")
        self._recent.clear()

    def has_word(self, word: str) -> bool:
        return self._has_word(word.casefold())

    def phrases_among(self, phrases: Iterable[str]) -> set[str]:
        """The phrases among these, in their plain form, that the source contains."""
        hashes = {hash(each): each for each in phrases}
        keys, found = sorted(hashes), set()
        for start in range(0, len(keys), _PER_QUERY):
            some = keys[start : start + _PER_QUERY]
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
        self._file.execute("BEGIN")
        statement = f"INSERT INTO new_{table} VALUES (?)"  # noqa: S608
        self._file.executemany(statement, zip(self._waiting[table], strict=True))
        self._file.execute("COMMIT")
        self._waiting[table].clear()
