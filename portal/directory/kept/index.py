"""What the search's index answers, from memory where the process was told it for this version."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from json import dumps
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, text

from portal.directory.geography import Point
from portal.directory.index import asking, sets
from portal.directory.index.asking import Known, term_text
from portal.directory.index.documents import COUNTRY, WHOLE_NAME, on_ball
from portal.directory.index.keyset import Order
from portal.directory.index.sets import EVERYBODY, Wanted
from portal.directory.kept.memory import Told, told
from portal.directory.kept.whole import Whole, of_term, whole_index
from portal.directory.spelling import Vocabulary
from portal.directory.words import Term
from portal.directory.words.plurals import singular

NAMES = f"{WHOLE_NAME}="
MANY = 2000
"""More rows than this are asked for at once and not remembered."""
VALUES = ("rank", Order.RATING, Order.NEWEST, Order.NAME)
"""By which rows are sorted, in the order of `_ROWS`."""
_PLACES = {
    "sqlite": "(SELECT value AS id FROM json_each(:ids))",
    "postgresql": "(SELECT unnest(CAST(:ids AS integer[])) AS id)",
}
_ROWS = {
    engine: text(
        "SELECT s.studio_id, s.rank, s.rated, s.made, s.named, s.x, s.y, s.z"  # noqa: S608
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
    whole = whole_index(connection, remembered, common) if missing else None
    if whole and common:
        found |= {each: of_term(whole, each, term_text(each)) for each in missing}
    elif missing or common is None:
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
    found, left = _known_sets(remembered, wanted)
    common: Known | None = remembered.others.get("known")
    if _is_any(left) and (whole := whole_index(connection, remembered, common)):
        names = {each for each in left.lists if each[:2] == NAMES}
        found |= {each: whole.set_of(each) for each in (*left.tokens, *names)}
        for each in left.ranges:
            found |= whole.between(*each)
        left = Wanted(lists={e: asked for e, asked in left.lists.items() if e not in names})
    if _is_any(left):
        fresh = sets.fetch(connection, left)
        _remember_sets(remembered, left, fresh)
        found |= fresh
    return found


def _is_any(wanted: Wanted) -> bool:
    return bool(wanted.tokens or wanted.lists or wanted.ranges)


def _known_sets(remembered: Told, wanted: Wanted) -> tuple[dict[str, BitMap], Wanted]:
    """What is remembered of it, and what is left to ask for."""
    kept, found = remembered.sets, dict[str, BitMap]()
    tokens = set(wanted.tokens)
    if remembered.whole is None:
        tokens = {each for each in tokens if not _is_there(kept.get(each), each, found)}
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
    return found, Wanted(tokens, ranges, lists)


def _is_there(some: BitMap | None, name: str, found: dict[str, BitMap]) -> bool:
    if some is None:
        return False
    found[name] = some
    return True


def _remember_sets(remembered: Told, asked: Wanted, fresh: Mapping[str, BitMap]) -> None:
    for name in asked.tokens:
        remembered.sets.put(name, fresh[name], _size(fresh[name]))
    for name in asked.lists:
        remembered.sets.put(("list", name), fresh[name], _size(fresh[name]))
    names = sorted(fresh) if asked.ranges else []
    for low, high in asked.ranges:
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
    place = on_ball(centre) if centre else None
    found = _rows(connection, remembered, ids)
    return [(row[0], each, None, row[1], _chord(row, place)) for each, row in found]


def sorted_rows(
    connection: Connection, ids: BitMap, centre: Point | None, order: Order
) -> Sequence[Any] | None:
    """All of them in the order of a value; None where they are not remembered."""
    if (remembered := told()) is None or len(ids) > MANY:
        return None
    at, place = VALUES.index(order), on_ball(centre) if centre else None
    found = _rows(connection, remembered, ids)
    found.sort(key=lambda each: (each[1][at], each[1][0]))
    return [(row[0], each, row[at], row[1], _chord(row, place)) for each, row in found]


def _rows(connection: Connection, remembered: Told, ids: BitMap) -> list[tuple[int, Any]]:
    kept = remembered.others
    found = {each: kept.get(each) for each in ids}
    if missing := [each for each, row in found.items() if row is None]:
        engine = connection.dialect.name
        asked = {"ids": dumps(missing) if engine == "sqlite" else missing}
        for number, *row in connection.execute(_ROWS[engine], asked):
            found[number] = tuple(row)
            kept.put(number, found[number])
    return [(number, row) for number, row in found.items() if row is not None]


def _chord(row: Any, centre: tuple[float, float, float] | None) -> float | None:
    """The square of the straight line to the centre, added up as both engines do it."""
    if centre is None or row[4] is None:
        return None
    _, _, _, _, x, y, z = row
    a, b, c = centre
    chord: float = (x - a) * (x - a) + (y - b) * (y - b) + (z - c) * (z - c)
    return chord


class RememberedVocabulary(Vocabulary):
    """Asks only for words that look like one, and for each once."""

    def look_up(
        self, words: Collection[str], beginnings: Collection[str], typed: Collection[str]
    ) -> None:
        remembered = told()
        whole: Whole | None = remembered.whole if remembered else None
        if remembered is None or whole is None:
            super().look_up(words, beginnings, typed)
            return
        answers, singulars = self.answers, {singular(word) for word in words}
        answers.looked_for |= singulars
        answers.known |= {s: whole.singulars[s] for s in singulars if s in whole.singulars}
        answers.beginnings |= {each: whole.has_beginning(each) for each in beginnings}
        kept = remembered.others
        near = {each: kept.get(("near", each)) for each in typed}
        answers.candidates |= {each: some for each, some in near.items() if some is not None}
        if missing := [each for each, some in near.items() if some is None]:
            super().look_up((), (), missing)
            for each in missing:
                some = answers.candidates[each]
                kept.put(("near", each), some, 200 * len(some))
