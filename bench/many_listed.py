"""Any number of listed studios in a directory that was set up for the demo: copies of its studios.

Each copy is located elsewhere in the world (cities weighted by population, a few kilometres around
the centre) and has a unique word in its name, so that there are rare words, common ones and big
cities. The database creates the copies itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, product
from random import Random

from sqlalchemy import Connection, Integer, MetaData, Table, column, func, insert, literal, select
from sqlalchemy import table as plain_table

from portal.directory.places.file import rows

PLACES = 200_003
"""The number of different places and words, which a million studios share."""
STEP = 104_729
KM_AROUND = 6.0
KM_PER_DEGREE = 111.2
AT_HOME = frozenset({"GB", "IE", "US", "CA", "AU", "NZ"})
"""Where most studios are: one in fifty is in London."""
SYLLABLES = [a + b for a, b in product("bdfghklmnprstvz", "aeiou")]
TABLES = (
    *("users", "studio_profiles", "studio_images", "studio_services", "studio_studio_types"),
    *("reviews", "review_responses"),
)
NUMBERS = {"id", "user_id", "studio_id", "reviewer_id", "owner_id", "review_id", "author_id"}
UNIQUE = {"email", "username"}
HERE = plain_table("many_places", *map(column, ("n", "latitude", "longitude", "city", "word")))


@dataclass(frozen=True)
class Place:
    city: str
    latitude: float
    longitude: float
    word: str


def fill_many_listed(connection: Connection, *, studios: int) -> Iterator[float]:
    """Up to this many profiles; yields the completed fraction. The caller commits."""
    if connection.dialect.name == "postgresql":  # skips checks of a million keys
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    tables = [Table(name, MetaData(), autoload_with=connection) for name in TABLES]
    strides = {each.name: connection.scalar(select(func.max(each.c.id))) or 0 for each in tables}
    strides["users"] = strides["studio_profiles"] = stride_of(connection)
    existing = connection.scalar(select(func.count()).select_from(tables[1])) or 1
    _write_places(connection)
    copies = -(-studios // existing)
    for copy in range(1, copies):
        for each in tables:
            _copy(connection, each, copy, strides)
        yield copy / copies
    connection.exec_driver_sql("DROP TABLE many_places")


def stride_of(connection: Connection) -> int:
    """The id offset of a person and a studio from one copy to the next."""
    last = (
        "SELECT max(id) FROM (SELECT max(id) AS id FROM {} UNION ALL SELECT max(id) FROM {}) AS m"
    )
    return int(connection.exec_driver_sql(last.format("users", "studio_profiles")).scalar_one())


def _copy(connection: Connection, table: Table, copy: int, strides: dict[str, int]) -> None:
    of = {"reviews": strides["reviews"], "review_id": strides["reviews"]}
    people, own = strides["users"], strides[table.name]
    values = {}
    for each in table.c:
        value = each
        if each.name in NUMBERS and isinstance(each.type, Integer):
            by = own if each.name == "id" else of.get(each.name, people)
            value = each + by * copy
        elif each.name in UNIQUE and table.name == "users":
            value = literal(f"c{copy}.") + each
        values[each.name] = value
    query = select(*values.values()).where(table.c.id <= own)
    if table.name == "studio_profiles":
        values |= {name: HERE.c[name] for name in ("latitude", "longitude", "city")}
        values["name"] = table.c.name + " " + HERE.c.word
        query = select(*values.values()).where(table.c.id <= own)
        query = query.join(HERE, HERE.c.n == (table.c.id * 7919 + copy * STEP) % PLACES)
    connection.execute(insert(table).from_select(list(values), query))


def make_places() -> list[Place]:
    chance = Random(7)
    cities = rows("SELECT name, latitude, longitude, population, country FROM cities ORDER BY id")
    weights = list(accumulate(each[3] * (20 if each[4] in AT_HOME else 1) for each in cities))
    return [
        Place(
            city[0],
            city[1] + chance.gauss(0, KM_AROUND / KM_PER_DEGREE),
            city[2] + chance.gauss(0, KM_AROUND / KM_PER_DEGREE),
            "".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4)))),
        )
        for city in chance.choices(cities, cum_weights=weights, k=PLACES)
    ]


def _write_places(connection: Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE many_places (n INTEGER PRIMARY KEY, latitude DOUBLE PRECISION,"
        " longitude DOUBLE PRECISION, city TEXT, word TEXT)"
    )
    made = [
        {"n": n, "latitude": p.latitude, "longitude": p.longitude, "city": p.city, "word": p.word}
        for n, p in enumerate(make_places())
    ]
    for first in range(0, PLACES, 5000):
        connection.execute(insert(HERE), made[first : first + 5000])
