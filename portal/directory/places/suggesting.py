"""Suggestions for a typed place that is unknown."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from rapidfuzz import process
from rapidfuzz.distance import OSA

from portal.directory.places.file import rows
from portal.directory.places.place import Place, places, ranked
from portal.directory.spelling.keys import LONGEST, SHORTEST
from portal.directory.spelling.ranking import cost, most_errors
from portal.directory.words import normal
from portal.directory.words.language import language

MOST = 6
MOST_NAMES = 40
MOST_WORDS = 5
# From so many letters on two errors are looked for, and three.
TWO_ERRORS, THREE_ERRORS = 9, 10
SHORTEST_BEGINNING = 3
# A larger place is preferred over a smaller one with a slightly closer spelling.
LESS_LIKELY = 10.0
COST_OF_THE_REST = 0.5
LAST = "\U0010ffff"


def suggestions(text: str, country: str = "") -> list[Place]:
    """Places with a similar name or prefix, or named by a part of the text, likeliest first."""
    name = normal(text.partition(",")[0])
    likely = dict.fromkeys((*_beginning(name), *_within(name)), COST_OF_THE_REST)
    likely |= spelled_nearly(name)
    found = sorted(likely, key=lambda place: -place.weight / LESS_LIKELY ** likely[place])
    here = [place for place in found if not country or place.country == country]
    return list({place.label: place for place in here or found}.values())[:MOST]


def nearest_names(typed: str, names: Sequence[str]) -> dict[str, float]:
    """Plain names that may have been meant, with their edit cost."""
    most = most_errors(typed) if len(typed) >= TWO_ERRORS else min(1, most_errors(typed))
    if not most:
        return {}
    found = process.extract(typed, names, scorer=OSA.distance, score_cutoff=most, limit=MOST_NAMES)
    priced = {name: cost(typed, name) for name, _, _ in found}
    return {name: price for name, price in priced.items() if price is not None}


def spelled_nearly(name: str) -> dict[Place, float]:
    if not SHORTEST <= len(name) <= LONGEST:
        return {}
    firsts = dict.fromkeys(name[:2])
    near = nearest_names(name, [row for first in firsts for row in _names(name, first)])
    near = near or nearest_names(name, _own_names(name)) or _with_three_errors(name)
    return {
        place: price
        for found, price in sorted(near.items(), key=lambda each: -each[1])
        for place in places("n.name = ?", (found,))
    }


def _names(name: str, first: str) -> list[str]:
    found = rows(
        "SELECT DISTINCT name FROM names WHERE name >= ? AND name < ?"
        " AND length(name) BETWEEN ? AND ?",
        (first, first + LAST, *_lengths(name)),
    )
    return [row[0] for row in found]


def _own_names(name: str) -> list[str]:
    """Compared with all names of the file, whatever their first letter."""
    found = rows(
        "SELECT name FROM names WHERE is_own AND length(name) BETWEEN ? AND ?", _lengths(name)
    )
    return [row[0] for row in found]


def _with_three_errors(name: str) -> dict[str, float]:
    """“Edinborough”: only for long names, whose first two letters are right."""
    if len(name) < THREE_ERRORS:
        return {}
    found = rows(
        "SELECT name FROM names WHERE is_own AND name >= ? AND name < ?"
        " AND length(name) BETWEEN ? AND ?",
        (name[:2], name[:2] + LAST, len(name) - 3, len(name) + 3),
    )
    names = [row[0] for row in found]
    near = process.extract(name, names, scorer=OSA.distance, score_cutoff=3, limit=MOST_NAMES)
    return {each: float(errors) for each, errors, _ in near}


def _within(name: str) -> Iterator[Place]:
    """“Central London”, “Brighton and Hove”: the likeliest place of each part of the text."""
    words = name.split()[:MOST_WORDS]
    for first, last in combinations(range(len(words) + 1), 2):
        part = " ".join(words[first:last])
        if last - first < len(words) and len(part) >= SHORTEST and part not in language().empty:
            yield from places("n.name = ? AND n.is_own", (part,))[:1]


def _lengths(name: str) -> tuple[int, int]:
    return len(name) - most_errors(name), len(name) + most_errors(name)


def _beginning(name: str) -> list[Place]:
    if len(name) < SHORTEST_BEGINNING:
        return []
    return ranked(places("n.name > ? AND n.name < ?", (name, name + LAST)))[:MOST]
