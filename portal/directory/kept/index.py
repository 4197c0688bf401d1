"""What the search's index answers, from memory where the process was told it for this version."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from json import dumps
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, text

from portal.directory.geography import Point
from portal.directory.index import asking, sets
from portal.directory.index.asking import Known, term_text
from portal.directory.index.documents import COUNTRY, on_ball
from portal.directory.index.sets import EVERYBODY, Wanted
from portal.directory.kept.memory import Told, told
from portal.directory.words import Term

MANY = 2000
"""More rows than this are asked for at once and not remembered."""
Row = tuple[int, int, None, int, float | None]
"""As `statements` makes hits of it: rank, studio, no value, rating, line to the circle's centre."""
_PLACES = {
    "sqlite": "(SELECT value AS id FROM json_each(:ids))",
    "postgresql": "(SELECT unnest(CAST(:ids AS integer[])) AS id)",
}
_ROWS = {
    engine: text(
        "SELECT s.studio_id, s.rank, s.rated, s.x, s.y, s.z"  # noqa: S608
        f" FROM {ids} AS i JOIN derived_search s ON s.studio_id = i.id"
    )
    for engine, ids in _PLACES.items()
}


def known_terms(connection: Connection, terms: Iterable[Term]) -> Known:
    if (remembered := told()) is None:
        return asking.known_terms(connection, terms)
    asked = list(dict.fromkeys(terms))
    found = {each: remembered.others.get(each) for each in asked}
    missing = [each for each, entry in found.items() if entry is None]
    common: Known | None = remembered.others.get("known")
    if missing or common is None:
        fresh = asking.known_terms(connection, missing)
        common = _remember_common(remembered, fresh)
        found |= {each: _remember_term(remembered, each, fresh) for each in missing}
    words = dict(common.words)
    for _, some in filter(None, found.values()):
        words |= some
    return replace(common, counts={e: entry[0] for e, entry in found.items() if entry}, words=words)


def _remember_common(remembered: Told, fresh: Known) -> Known:
    """What is the same for every search: how many studios there are, and their countries."""
    words = {w: n for w, n in fresh.words.items() if w == EVERYBODY or w.startswith(f"{COUNTRY}=")}
    common = replace(fresh, counts={}, words=words)
    remembered.others.put("known", common, 100 * len(words))
    return common


def _remember_term(remembered: Told, term: Term, fresh: Known) -> tuple[int, dict[str, int]]:
    start = term_text(term)
    if term.is_prefix:
        words = {word: n for word, n in fresh.words.items() if word.startswith(start)}
    else:
        words = {start: fresh.words[start]} if start in fresh.words else {}
    entry = fresh.counts[term], words
    remembered.others.put(term, entry, 100 * len(words))
    return entry


def fetch(connection: Connection, wanted: Wanted) -> dict[str, BitMap]:
    """As `sets.fetch`; nobody may change the sets."""
    if (remembered := told()) is None:
        return sets.fetch(connection, wanted)
    kept, found = remembered.sets, dict[str, BitMap]()
    tokens = {each for each in wanted.tokens if not _is_there(kept.get(each), each, found)}
    lists = {
        name: asked
        for name, asked in wanted.lists.items()
        if not _is_there(kept.get(("list", name)), name, found)
    }
    ranges = []
    for each in wanted.ranges:
        if (some := kept.get(each)) is None:
            ranges.append(each)
        else:
            found |= some
    if tokens or lists or ranges:
        fresh = sets.fetch(connection, Wanted(tokens, ranges, lists))
        for name in tokens:
            kept.put(name, fresh[name], _size(fresh[name]))
        for name in lists:
            kept.put(("list", name), fresh[name], _size(fresh[name]))
        _remember_ranges(remembered, ranges, fresh)
        found |= fresh
    return found


def _is_there(some: BitMap | None, name: str, found: dict[str, BitMap]) -> bool:
    if some is None:
        return False
    found[name] = some
    return True


def _remember_ranges(
    remembered: Told, ranges: Sequence[tuple[str, str]], fresh: Mapping[str, BitMap]
) -> None:
    names = sorted(fresh) if ranges else []
    for low, high in ranges:
        some = {n: fresh[n] for n in names[bisect_left(names, low) : bisect_right(names, high)]}
        size = sum(_size(each) + 100 for each in some.values())
        remembered.sets.put((low, high), some, size)


def _size(ids: BitMap) -> int:
    return len(ids.serialize())


def rows(
    connection: Connection,
    ids: BitMap,
    centre: Point | None,
    read: Callable[[BitMap], Sequence[Any]],
) -> Sequence[Any]:
    """Of studios by number, in any order. `read` asks the database for the same rows."""
    if (remembered := told()) is None or len(ids) > MANY:
        return read(ids)
    kept = remembered.others
    found = {each: kept.get(each) for each in ids}
    if missing := [each for each, row in found.items() if row is None]:
        engine = connection.dialect.name
        asked = {"ids": dumps(missing) if engine == "sqlite" else missing}
        for number, *row in connection.execute(_ROWS[engine], asked):
            found[number] = tuple(row)
            kept.put(number, found[number])
    there = [(number, row) for number, row in found.items() if row is not None]
    if centre is None:
        return [(rank, number, None, rated, None) for number, (rank, rated, *_) in there]
    return [_measured(number, row, on_ball(centre)) for number, row in there]


def _measured(number: int, row: Any, centre: tuple[float, float, float]) -> Row:
    """With the square of the straight line to the centre, added up as both engines do it."""
    (rank, rated, x, y, z), (a, b, c) = row, centre
    if x is None:
        return rank, number, None, rated, None
    return rank, number, None, rated, (x - a) * (x - a) + (y - b) * (y - b) + (z - c) * (z - c)
