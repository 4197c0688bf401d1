"""The studios that a query asks for, and a page of them in its order.

By the derived index while it is whole, else by plain statements (`plain`).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from pyroaring import BitMap
from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.admin.index import blocks, sets
from portal.directory.admin.index.documents import read_place, written
from portal.directory.admin.index.tokens import EVERYBODY
from portal.directory.admin.index.writing import ADMIN
from portal.directory.admin.needs import Needs, Search, host_token, needs_of, since_ranges
from portal.directory.admin.query import AdminQuery, Sort
from portal.directory.claims.models import Origin
from portal.directory.derived.state import is_kept
from portal.directory.models import StudioProfile, User

FEW = 1500
"""So many studios are put in order by their own places; of more, blocks are looked at."""
ORDER_OF = {
    Sort.NEWEST: "made",
    Sort.CHANGED: "changed",
    Sort.NAME: "named",
    Sort.CITY: "city",
    Sort.RATING: "rated",
}


class Source(Protocol):
    """Sets of studios, and their order."""

    def sets_of(self, tokens: Collection[str]) -> dict[str, BitMap]: ...
    def united(self, low: str, high: str) -> BitMap: ...
    def places_of(self, order: str, ids: BitMap) -> dict[int, str]: ...
    def walk(self, order: str, place: str | None, *, is_falling: bool) -> Iterator[BitMap]: ...


class Kept:
    """The derived index."""

    def sets_of(self, tokens: Collection[str]) -> dict[str, BitMap]:
        return sets.sets_of(db.session.connection(), tokens)

    def united(self, low: str, high: str) -> BitMap:
        return sets.united(db.session.connection(), low, high)

    def places_of(self, order: str, ids: BitMap) -> dict[int, str]:
        return blocks.places_of(db.session.connection(), order, ids)

    def walk(self, order: str, place: str | None, *, is_falling: bool) -> Iterator[BitMap]:
        return blocks.walk(db.session.connection(), order, place, is_falling=is_falling)


@dataclass(frozen=True)
class Found:
    """A page: the studios' numbers in order. `count`: of all that match; None where they were not
    counted. `before` and `after`: the places that the neighbouring pages end before, and begin
    behind; None where there is none. `up_to`: without the index of a large directory, how far the
    studios were looked at, by number."""

    numbers: list[int]
    count: int | None
    before: str | None = None
    after: str | None = None
    up_to: int | None = None


@dataclass(frozen=True)
class Way:
    """An order, walked from a place on, or from one end."""

    order: str
    place: str | None
    is_falling: bool

    def is_behind(self, at: str) -> bool:
        if self.place is None:
            return True
        return at < self.place if self.is_falling else at > self.place


def is_indexed() -> bool:
    return is_kept(ADMIN)


def matching(source: Source, needs: Needs) -> BitMap:
    """All studios that meet the needs."""
    search = needs.search
    words = search.words if search and search.words else None
    tokens = {*needs.every, *needs.no, EVERYBODY}
    tokens |= set(words.tokens) if words else set()
    tokens |= {host_token(search.host)} if search and search.host else set()
    found = source.sets_of(tokens)
    parts = [found[each] for each in needs.every]
    if needs.since:
        parts.append(BitMap.union(*(source.united(*each) for each in since_ranges(needs.since))))
    if search:
        parts.append(_searched(source, search, found))
    left = BitMap.intersection(found[EVERYBODY], *parts)
    return left.difference(*(found[each] for each in needs.no)) if needs.no else left


def _searched(source: Source, search: Search, found: dict[str, BitMap]) -> BitMap:
    some = BitMap([search.number] if search.number is not None else [])
    if search.email:
        some |= _with_address(search.email)
    if search.host:
        some |= found[host_token(search.host)]
    if words := search.words:
        parts = [found[each] for each in words.tokens]
        parts += [source.united(*each) for each in words.ranges]
        if parts:
            some |= BitMap.intersection(*parts)
    return some


def _with_address(email: str) -> BitMap:
    """Whose owner, or known address, it is: as it was typed, or in small letters, as addresses are
    stored. One that an older release stored with capitals is found as it is."""
    either = (email, email.casefold())
    owners = select(StudioProfile.id).join(User, User.id == StudioProfile.user_id)
    known = select(Origin.studio_number).where(Origin.email.in_(either))
    mine = owners.where(User.email.in_(either))
    return BitMap([*db.session.scalars(mine), *db.session.scalars(known)])


def page_of(source: Source, found: BitMap, query: AdminQuery) -> Found:
    is_back = query.before is not None
    place = (query.before if is_back else query.after) or None
    is_falling = query.is_falling is not is_back
    if query.sort == Sort.NUMBER:
        rows = _by_number(found, place, query.size + 1, is_falling=is_falling)
    else:
        at = read_place(place) if place else None
        way = Way(ORDER_OF[Sort(query.sort)], at, is_falling)
        ordered = _ordered(source, found, way, query.size + 1)
        rows = [(written(each), number) for each, number in ordered]
    some, has_more = rows[: query.size], len(rows) > query.size
    if is_back:
        some.reverse()
    has_before = has_more if is_back else place is not None
    has_after = place is not None if is_back else has_more
    return Found(
        [number for _, number in some],
        len(found),
        some[0][0] if some and has_before else None,
        some[-1][0] if some and has_after else None,
    )


def _by_number(
    found: BitMap, place: str | None, many: int, *, is_falling: bool
) -> list[tuple[str, int]]:
    at = int(place) if place and place.isdecimal() else None
    if is_falling:
        end = len(found) if at is None else found.rank(at) - (at in found)
        some = list(found[max(0, end - many) : end])[::-1]
    else:
        start = 0 if at is None else found.rank(at)
        some = list(found[start : start + many])
    return [(str(each), each) for each in some]


def _ordered(source: Source, found: BitMap, way: Way, many: int) -> list[tuple[str, int]]:
    """The first so many behind the place."""
    some = found if len(found) <= FEW else _near(source, found, way, many)
    places = source.places_of(way.order, some).items()
    ordered = sorted(((at, number) for number, at in places), reverse=way.is_falling)
    return [each for each in ordered if way.is_behind(each[0])][:many]


def _near(source: Source, found: BitMap, way: Way, many: int) -> BitMap:
    """Those of the blocks behind the place: the first block's may be before it."""
    some, behind = BitMap(), 0
    blocks = source.walk(way.order, way.place, is_falling=way.is_falling)
    for at, block in enumerate(blocks):
        mine = block & found
        some |= mine
        behind += len(mine) if at or way.place is None else 0
        if behind >= many:
            break
    return some


def all_matching(source: Source, query: AdminQuery) -> BitMap:
    return matching(source, needs_of(query))
