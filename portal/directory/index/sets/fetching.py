"""What a search needs of the index, in one statement."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from json import dumps, loads
from typing import Any

from pyroaring import BitMap
from sqlalchemy import Connection, TextClause, text

from portal.databases.engines.derived import SEARCH_TEXT
from portal.directory.index.documents import COUNTRY, POSTCODE
from portal.directory.index.expression import Any as AnyOf
from portal.directory.index.expression import Expression, any_of, on_postgresql, on_sqlite
from portal.directory.index.sets import keeping
from portal.directory.index.sets.rows import GIVEN
from portal.directory.index.sets.tokens import VERSION, is_kept_token, studio_of
from portal.directory.index.sets.waiting import SIGN, signed, waiting_of

IN_ONE = 16
MOST_LISTED = 1000
"""Studios of a postcode's area, the best first: nobody is shown more of them."""


@dataclass(frozen=True)
class Wanted:
    """What one statement fetches: sets by their tokens, sets of all tokens from one to another,
    lists of full text, each under a name of its own; words with their number of studios, those of
    most studios that begin so, every country; and which of these studios are within a circle.
    `is_dated`: with the version of the sets."""

    tokens: Collection[str] = ()
    ranges: Iterable[tuple[str, str]] = ()
    lists: Mapping[str, Expression] = field(default_factory=dict)
    words: Collection[str] = ()
    starts: Collection[str] = ()
    measured: BitMap | None = None
    circle: Mapping[str, float] = field(default_factory=dict)
    """What `CHORD` is worked out with, and `edge`."""
    is_dated: bool = False


@dataclass(frozen=True)
class Fetched:
    """`within` are those that were measured and are in the circle; `version` is that of the sets,
    0 if it is not known."""

    sets: dict[str, BitMap]
    words: dict[str, int]
    within: BitMap
    version: int = 0


def fetch(connection: Connection, wanted: Wanted) -> Fetched:
    """In one statement; a set that is not there is empty. What is kept of the same version of the
    sets is not read again."""
    kept = keeping.kept()
    unread = {each for each in wanted.tokens if each in kept.sets}
    query, values = statement(connection.dialect.name, wanted, unread, kept.version)
    found, waiting = dict[str, BitMap](), list[tuple[str, int, bytes]]()
    listed: dict[str, list[int]] = {each: [] for each in wanted.lists}
    words, within, version = dict[str, int](), BitMap(), 0
    for kind, name, ids, number in (
        connection.execute(prepared(query), values).all() if query else ()
    ):
        if kind == _SET and name[:1] == SIGN:
            waiting.append((name, number, ids))
        elif kind == _SET:
            if name in found:
                found[name] |= BitMap.deserialize(ids)
            else:
                found[name] = BitMap.deserialize(ids)
        elif kind == _LISTED:
            listed[name].append(studio_of(number))
        elif kind == _WORD:
            words[name] = number
        elif kind == _VERSION:
            version = number
        else:
            within = BitMap(loads(name))
    found |= {each: BitMap() for each in wanted.tokens if each not in found}
    found |= {
        name: some.of(found.get(name) or BitMap()) for name, some in waiting_of(waiting).items()
    }
    if version == kept.version:
        found |= {each: kept.sets[each] for each in unread}
    keeping.keep(version, {each: found[each] for each in wanted.tokens if is_kept_token(each)})
    lists = {name: BitMap(ids) for name, ids in listed.items()}
    return Fetched(found | lists, words, within, version)


@lru_cache(256)
def prepared(query: str) -> TextClause:
    """Reading it for its parameters takes longer than to carry it out."""
    return text(query)


def statement(
    engine: str, wanted: Wanted, unread: Collection[str] = (), version: int = 0
) -> tuple[str, dict[str, Any]]:
    """`unread`: sets to be read only where they are of another version than this."""
    parts, values = list[str](), dict[str, Any]()
    if wanted.words:
        values["words"] = dumps(sorted(wanted.words))
        parts.append(_WORDS[engine])
        parts.append(_COUNTRIES[engine])
    for at, start in enumerate(sorted(wanted.starts)):
        values |= {f"from{at}": start, f"to{at}": start + LAST}
        parts.append(_STARTS[engine].format(at=at))
    if tokens := set(wanted.tokens) - set(unread):
        values["tokens"] = dumps(sorted([*tokens, *signed(tokens)]))
        parts.append(_SETS[engine])
    if unread:
        values |= {"unread": dumps(sorted([*unread, *signed(unread)])), "version": version}
        parts.append(_SETS[engine].replace(":tokens", ":unread") + _UNLESS)
    if wanted.is_dated or any(map(is_kept_token, wanted.tokens)):
        parts.append(_STAMP[engine])
    if wanted.ranges:
        values["ranges"] = dumps(dict(sorted(wanted.ranges)))
        parts.append(_SQUARES[engine])
    for at, (name, asked) in enumerate(wanted.lists.items()):
        most = f" ORDER BY d.rowid LIMIT {MOST_LISTED}" if name.startswith(f"{POSTCODE}=") else ""
        values |= {f"n{at}": name, f"w{at}": _written(engine, asked)}
        parts.append(_LIST[engine].format(at=at, most=most))
    if wanted.measured:
        values |= {"measured": dumps(list(wanted.measured)), **wanted.circle}
        parts.append(_MEASURED[engine])
    return " UNION ALL ".join(parts), values


def _written(engine: str, asked: Expression) -> str:
    """In some parts: a row costs full text as much as there are words in one."""
    words = asked.of if isinstance(asked, AnyOf) else (asked,)
    some = (any_of(words[at : at + IN_ONE]) for at in range(0, len(words), IN_ONE))
    write = on_sqlite if engine == "sqlite" else on_postgresql
    return dumps([write(each) for each in some])


LAST = "\U0010ffff"
MOST_BEGUN = 400
"""Words that a beginning of more than `SHORT` letters stands for: those of most studios."""
CHORD = "((s.x - :x) * (s.x - :x) + (s.y - :y) * (s.y - :y) + (s.z - :z) * (s.z - :z))"
"""The square of the straight line between a studio and the middle of a circle."""
_SET, _LISTED, _WORD, _WITHIN, _VERSION = range(5)
_NO_IDS = {"sqlite": "NULL", "postgresql": "CAST(NULL AS bytea)"}
_NO_NUMBER = {"sqlite": "NULL", "postgresql": "CAST(NULL AS bigint)"}
IDS = {
    "sqlite": "(SELECT value AS id FROM json_each(:{}))",
    "postgresql": "(SELECT CAST(value AS integer) AS id FROM"
    " json_array_elements_text(CAST(:{} AS json)))",
}
"""Numbers of studios, given as JSON."""
_ARRAY = {
    "sqlite": "json_group_array(s.studio_id)",
    "postgresql": "coalesce(CAST(json_agg(s.studio_id) AS text), '[]')",
}
_RANGES = {
    "sqlite": "(SELECT key AS low, value AS high FROM json_each(:ranges))",
    "postgresql": '(SELECT key COLLATE "C" AS low, value COLLATE "C" AS high'
    " FROM json_each_text(CAST(:ranges AS json)))",
}
"""Given as one JSON object: the first token of each range is its key. To take a pair apart costs
SQLite as much as half of its search."""
_GIVEN_WORDS = {engine: given.replace(":tokens", ":words") for engine, given in GIVEN.items()}
_WORDS = {
    engine: f"SELECT {_WORD} AS kind, w.word AS name, {_NO_IDS[engine]} AS ids,"  # noqa: S608
    f" w.studios AS number FROM {given} AS g JOIN derived_search_words w ON w.word = g.token"
    for engine, given in _GIVEN_WORDS.items()
}
_COUNTRIES = {
    engine: f"SELECT {_WORD}, w.word, {none}, w.studios FROM derived_search_words w"  # noqa: S608
    f" WHERE w.word >= '{COUNTRY}=' AND w.word < '{COUNTRY}>'"
    for engine, none in _NO_IDS.items()
}
_STARTS = {
    engine: f"SELECT {_WORD}, b{{at}}.word, {none}, b{{at}}.studios FROM (SELECT w.word, w.studios"  # noqa: S608
    " FROM derived_search_words w WHERE w.word >= :from{at} AND w.word < :to{at}"
    f" ORDER BY w.studios DESC, w.word LIMIT {MOST_BEGUN}) AS b{{at}}"
    for engine, none in _NO_IDS.items()
}
_SETS = {
    engine: f"SELECT {_SET} AS kind, s.token AS name, s.ids AS ids, s.first AS number"  # noqa: S608
    f" FROM {given} AS g JOIN derived_search_sets s ON s.token = g.token"
    for engine, given in GIVEN.items()
}
_UNLESS = (
    " WHERE NOT EXISTS (SELECT 1 FROM derived_search_sets v"  # noqa: S608
    f" WHERE v.token = '{VERSION}' AND v.first = 0 AND v.studios = :version)"
)
_STAMP = {
    engine: f"SELECT {_VERSION}, v.token, {none}, CAST(v.studios AS bigint)"  # noqa: S608
    f" FROM derived_search_sets v WHERE v.token = '{VERSION}' AND v.first = 0"
    for engine, none in _NO_IDS.items()
}
_SQUARES = {
    engine: f"SELECT {_SET} AS kind, s.token AS name, s.ids AS ids, s.first AS number"  # noqa: S608
    f" FROM {given} AS r JOIN derived_search_sets s ON s.token >= r.low AND s.token <= r.high"
    for engine, given in _RANGES.items()
}
_LIST = {
    "sqlite": f"SELECT {_LISTED}, :n{{at}}, NULL, l{{at}}.rowid FROM (SELECT d.rowid"  # noqa: S608
    f" FROM json_each(:w{{at}}) AS w CROSS JOIN {SEARCH_TEXT} AS d"
    f" WHERE d.{SEARCH_TEXT} MATCH w.value{{most}}) AS l{{at}}",
    "postgresql": f"SELECT {_LISTED}, CAST(:n{{at}} AS text), CAST(NULL AS bytea), l{{at}}.rowid"  # noqa: S608
    " FROM (SELECT d.rowid FROM json_array_elements_text(CAST(:w{at} AS json)) AS w(asked)"
    f" JOIN {SEARCH_TEXT} d ON d.terms @@ CAST(w.asked AS tsquery){{most}}) AS l{{at}}",
}
_MEASURED = {
    engine: f"SELECT {_WITHIN}, {_ARRAY[engine]}, {_NO_IDS[engine]},"  # noqa: S608
    f" {_NO_NUMBER[engine]} FROM {IDS[engine].format('measured')} AS i"
    f" JOIN derived_search s ON s.studio_id = i.id WHERE {CHORD} <= :edge"
    for engine in IDS
}
