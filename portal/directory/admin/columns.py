"""The columns of the table, and which of them an admin has chosen to see."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.directory.admin.query import Sort

COOKIE = "studio-columns"
BETWEEN = "."


@dataclass(frozen=True)
class Column:
    """`sort`: the order that its heading asks for."""

    name: str
    title: str
    sort: Sort | None = None
    is_number: bool = False


COLUMNS = (
    Column("state", "State"),
    Column("city", "City", Sort.CITY),
    Column("owner", "Owner"),
    Column("email", "Email"),
    Column("marks", "Marks"),
    Column("types", "Types"),
    Column("rating", "Rating", Sort.RATING, is_number=True),
    Column("pictures", "Pictures", is_number=True),
    Column("website", "Website"),
    Column("made", "Added", Sort.NEWEST),
    Column("changed", "Changed", Sort.CHANGED),
)
USUAL = ("state", "city", "owner", "marks", "rating", "changed")


def chosen_columns(names: Iterable[str]) -> tuple[Column, ...]:
    """In the table's order."""
    wanted = set(names)
    return tuple(each for each in COLUMNS if each.name in wanted)


def columns_in(cookie: str | None) -> tuple[Column, ...]:
    """Of a cookie's value; the usual ones without it."""
    return chosen_columns(USUAL if cookie is None else cookie.split(BETWEEN))


def cookie_of(columns: Iterable[Column]) -> str:
    return BETWEEN.join(each.name for each in columns)
