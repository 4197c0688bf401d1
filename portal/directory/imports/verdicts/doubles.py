"""Whether a row's studio is in the directory already, or twice in the file.

The directory is read once, in parts, and compared with the file's rows, which fit into memory: so a
directory of a million studios needs no index for this, and little memory.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, floor, radians
from typing import Any

from sqlalchemy import Row, func, select

from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.formats import telephone
from portal.directory.geography import KM_PER_DEGREE, Point, distance_km, point_of
from portal.directory.imports.reading.proposing import HOSTS, host_of
from portal.directory.imports.verdicts.checking import Checked
from portal.directory.models import StudioProfile
from portal.directory.owners.similar import is_similar
from portal.directory.words import normal

NEAR_KM = 0.2
CELL = NEAR_KM / KM_PER_DEGREE
FEWEST_DIGITS = 7
PIECE = 4
MOST_BESIDE = 200
"""Rows of one file at one place that a row is compared with."""
MOST_OF_A_SIGN = 3
"""A website or a phone number of more studios than these is that of a portal or a chain."""
OF_MANY = frozenset(HOSTS) | {
    *("sites.google.com", "linktr.ee", "wixsite.com", "wordpress.com", "blogspot.com"),
    *("bit.ly", "maps.google.com", "google.com", "yell.com", "goo.gl", "linkin.bio"),
}
PART = 2_000

Cell = tuple[int, int]


@dataclass(frozen=True)
class Double:
    """`number`: of a studio in the directory; `line`: of an earlier row of the file."""

    why: str
    name: str
    number: int | None = None
    line: int | None = None


@dataclass(frozen=True)
class Known:
    """What a studio is recognised by."""

    name: str
    city: str
    point: Point | None
    host: str
    digits: str

    @property
    def named(self) -> tuple[str, str] | None:
        """Name and city, folded."""
        name, city = normal(self.name), normal(self.city)
        return (name, city) if name and city else None


def known_of_row(checked: Checked) -> Known:
    """The point only where the row itself has it: the middle of a city is that of many."""
    values: Any = checked.values
    point = point_of(values.get("latitude"), values.get("longitude"))
    return _known(
        *(checked.name, values.get("city"), point if checked.is_placed else None),
        *(values.get("website_url"), values.get("phone")),
    )


def _known(
    name: str, city: str | None, point: Point | None, website: str | None, phone: str | None
) -> Known:
    host = host_of(website) if website else ""
    digits = telephone(phone).lstrip("+0") if phone else ""
    return Known(
        one_line(name),
        one_line(city),
        point,
        "" if _is_of_many(host) else host,
        digits if len(digits) >= FEWEST_DIGITS else "",
    )


def _is_of_many(host: str) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in OF_MANY)


def doubles_in_file(rows: Iterable[Checked]) -> dict[int, Double]:
    """By line: the earlier row with the same name and city, or a similar name at the same place."""
    by_name: dict[tuple[str, str], Checked] = {}
    beside: dict[Cell, list[tuple[Checked, Known]]] = defaultdict(list)
    found: dict[int, Double] = {}
    for checked in rows:
        known = known_of_row(checked)
        same = by_name.get(known.named) if known.named else None
        if same:
            found[checked.line] = Double("the same name and city", same.name, line=same.line)
        elif near := _near_in_file(known, beside):
            found[checked.line] = Double(
                "a similar name at the same place", near.name, line=near.line
            )
        if known.named:
            by_name.setdefault(known.named, checked)
        if known.point:
            beside[_cell(known.point)].append((checked, known))
    return found


def _near_in_file(known: Known, beside: dict[Cell, list[tuple[Checked, Known]]]) -> Checked | None:
    if known.point is None:
        return None
    for cell in _around(known.point):
        for checked, other in beside.get(cell, ())[-MOST_BESIDE:]:
            if _is_near(known, other):
                return checked
    return None


def doubles_in_directory(
    rows: Iterable[Checked], *, advance: Callable[[int, int], None]
) -> dict[int, Double]:
    """By line: the studio of the directory that it most likely is."""
    index = _Index(rows)
    total = db.session.scalar(select(func.count()).select_from(StudioProfile)) or 0
    for done, studio in enumerate(_studios(), start=1):
        index.compare(studio)
        if done % PART == 0:
            advance(done, total)
    return index.found()


class _Index:
    """The file's rows, by what a studio may have in common with them."""

    def __init__(self, rows: Iterable[Checked]) -> None:
        self._by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_host: dict[str, list[int]] = defaultdict(list)
        self._by_digits: dict[str, list[int]] = defaultdict(list)
        self._by_cell: dict[Cell, list[tuple[int, Known]]] = defaultdict(list)
        self._found: dict[int, Double] = {}
        self._signs: dict[str, list[tuple[int, Double]]] = defaultdict(list)
        for checked in rows:
            self._add(checked.line, known_of_row(checked))

    def _add(self, line: int, known: Known) -> None:
        if known.named:
            self._by_name[known.named].append(line)
        if known.host:
            self._by_host[known.host].append(line)
        if known.digits:
            self._by_digits[known.digits].append(line)
        for cell in _around(known.point) if known.point else ():
            self._by_cell[cell].append((line, known))

    def compare(self, studio: Row[*tuple[Any, ...]]) -> None:
        point = point_of(studio.latitude, studio.longitude)
        known = _known(studio.name, studio.city, point, studio.website_url, studio.phone)
        for line in self._by_name.get(known.named, ()) if known.named else ():
            self._note(line, studio, "the same name and city")
        if known.point and (beside := self._by_cell.get(_cell(known.point))):
            for line, other in beside:
                if line not in self._found and _is_near(other, known):
                    self._note(line, studio, "a similar name at the same place")
        self._note_signs(known, studio)

    def _note(self, line: int, studio: Row[*tuple[Any, ...]], why: str) -> None:
        self._found.setdefault(line, Double(why, one_line(studio.name), number=studio.id))

    def _note_signs(self, known: Known, studio: Row[*tuple[Any, ...]]) -> None:
        for lines, sign, why in (
            (self._by_host.get(known.host, ()), known.host, "the same website"),
            (self._by_digits.get(known.digits, ()), known.digits, "the same phone number"),
        ):
            if sign and lines and len(self._signs[sign]) <= MOST_OF_A_SIGN * len(lines):
                double = Double(why, one_line(studio.name), number=studio.id)
                self._signs[sign] += [(line, double) for line in lines]

    def found(self) -> dict[int, Double]:
        for noted in self._signs.values():
            if len({each.number for _, each in noted}) > MOST_OF_A_SIGN:
                continue
            for line, double in noted:
                self._found.setdefault(line, double)
        return self._found


def _studios() -> Iterator[Row[*tuple[Any, ...]]]:
    """All of them, by their numbers, in parts."""
    columns = (
        *(StudioProfile.id, StudioProfile.name, StudioProfile.city, StudioProfile.latitude),
        *(StudioProfile.longitude, StudioProfile.website_url, StudioProfile.phone),
    )
    after = 0
    while True:
        query = select(*columns).where(StudioProfile.id > after).order_by(StudioProfile.id)
        part: Sequence[Row[*tuple[Any, ...]]] = db.session.execute(query.limit(PART)).all()
        db.session.rollback()
        yield from part
        if len(part) < PART:
            return
        after = part[-1].id


def _cell(point: Point) -> Cell:
    """A square whose sides are at least `NEAR_KM`."""
    wide = CELL / max(cos(radians(floor(point.latitude))), 0.01)
    return floor(point.latitude / CELL), floor(point.longitude / wide)


def _around(point: Point) -> list[Cell]:
    """The cells in which a point within `NEAR_KM` can be."""
    wide = CELL / max(cos(radians(floor(point.latitude))), 0.01)
    moved = (
        Point(point.latitude + north * CELL, point.longitude + east * wide)
        for north in (-1, 0, 1)
        for east in (-1, 0, 1)
    )
    return list(dict.fromkeys(_cell(each) for each in moved))


def _is_near(one: Known, other: Known) -> bool:
    if one.point is None or other.point is None or not _may_be_similar(one.name, other.name):
        return False
    return distance_km(one.point, other.point) <= NEAR_KM and is_similar(one.name, other.name)


def _may_be_similar(one: str, other: str) -> bool:
    """Quickly: whether they have some letters in a row in common."""
    first, second = normal(one).replace(" ", ""), normal(other).replace(" ", "")
    if min(len(first), len(second)) < PIECE:
        return first == second
    pieces = {second[at : at + PIECE] for at in range(len(second) - PIECE + 1)}
    return any(first[at : at + PIECE] in pieces for at in range(len(first) - PIECE + 1))
