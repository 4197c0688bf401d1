"""Find people: by what is indexed at once, otherwise in portions, the newest accounts first.

No statement reads more than a portion of the accounts, and a page gives up after half a second and
says how far it got.
"""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from portal.core.storage.database import db
from portal.directory.claims.placeholders import placeholders
from portal.directory.folding import fold, folded, one_line
from portal.directory.models import StudioProfile, User
from portal.directory.presentation import UNNAMED
from portal.directory.users.models import SiteAccount
from portal.directory.users.placeholder_addresses import is_placeholder_address

PAGE, PORTION, LONGEST = 50, 20_000, 100
SECONDS = 0.5
LAST = 2**31 - 1


class State(StrEnum):
    """ALL: but for placeholders of imported studios, which are no people."""

    ALL = "all"
    UNCONFIRMED = "unconfirmed"
    DISABLED = "disabled"
    LEAVING = "leaving"
    WITHOUT = "without"
    IMPORTED = "imported"


LABELS = {
    State.ALL: "Everybody",
    State.UNCONFIRMED: "Address not confirmed",
    State.DISABLED: "Disabled",
    State.LEAVING: "To be deleted",
    State.WITHOUT: "Without a studio",
    State.IMPORTED: "Placeholders of imported studios",
}


@dataclass(frozen=True)
class Listed:
    number: int
    name: str
    email: str
    username: str
    since: datetime
    is_confirmed: bool
    is_disabled: bool
    is_leaving: bool
    studio_number: int | None
    studio: str | None

    @property
    def is_placeholder(self) -> bool:
        return is_placeholder_address(self.email)


@dataclass(frozen=True)
class Found:
    """`before`: where the next page goes on, None at the end. `is_partial`: the search gave up for
    now, so that there may be more although the page is not full."""

    people: list[Listed]
    before: int | None = None
    is_partial: bool = False


def find_people(words: str, state: State, before: int | None = None) -> Found:
    """`before`: only accounts with a smaller number."""
    typed = one_line(words)[:LONGEST]
    first = _at_once(typed, state) if typed and before is None else []
    known = {each.number for each in first}
    found = _in_portions(typed, state, before or LAST, room=PAGE - len(first))
    others = [each for each in found.people if each.number not in known]
    return Found(first + others, found.before, found.is_partial)


def _at_once(typed: str, state: State) -> list[Listed]:
    """By indexes: number, address, username, and what these two begin with."""
    low, slug = typed.casefold(), re.sub(r"[^a-z0-9]+", "-", fold(typed)).strip("-")
    ways: list[ColumnElement[bool]] = [User.email.in_({typed, low})]
    ways += [User.username.in_({typed, low})]
    if typed.isascii() and typed.isdecimal() and len(typed) < 10:
        ways.append(User.id == int(typed))
    ways.append(_begins(User.email, low))
    if slug:
        ways.append(_begins(User.username, slug))
    found: dict[int, Listed] = {}
    for way in ways:
        rows = db.session.execute(_query().where(way, _is_in(state)).limit(PAGE // 2))
        found |= {row.id: _listed(row) for row in rows}
    return list(found.values())[:PAGE]


def _begins(column: Any, prefix: str) -> ColumnElement[bool]:
    """By the column's index: a range, in which the prefix is looked for."""
    after = prefix[:-1] + _next(prefix[-1])
    return and_(column >= prefix, column < after, column.startswith(prefix, autoescape=True))


def _next(character: str) -> str:
    """After it in the order of databases, without the halves of pairs, which none stores."""
    code = min(ord(character) + 1, 0x10FFFF)
    return chr(0xE000 if 0xD800 <= code < 0xE000 else code)


def _in_portions(typed: str, state: State, before: int, *, room: int) -> Found:
    found: list[Listed] = []
    deadline = time.monotonic() + SECONDS
    while True:
        rows = db.session.execute(_portion(typed, state, before, room - len(found) + 1)).all()
        found += [_listed(row) for row in rows]
        if len(found) > room:
            return Found(found[:room], found[room - 1].number if room else before)
        before_next = _end_of_portion(before)
        if before_next is None:
            return Found(found)
        before = before_next
        if time.monotonic() > deadline:
            return Found(found, before, is_partial=True)


def _portion(typed: str, state: State, before: int, most: int) -> Select[*tuple[Any, ...]]:
    some = select(User.id).where(User.id < before).order_by(User.id.desc()).limit(PORTION)
    query = _query().where(User.id.in_(some), _is_in(state))
    if typed:
        query = query.where(_contains(typed))
    return query.order_by(User.id.desc()).limit(most)


def _end_of_portion(before: int) -> int | None:
    """The smallest number in the portion, None where it was the last."""
    some = select(User.id).where(User.id < before).order_by(User.id.desc())
    return db.session.scalar(some.offset(PORTION - 1).limit(1))


def _contains(typed: str) -> ColumnElement[bool]:
    low = typed.casefold()
    return or_(
        folded(User.display_name).contains(fold(typed), autoescape=True),
        func.lower(User.email).contains(low, autoescape=True),
        func.lower(User.username).contains(low, autoescape=True),
    )


def _is_in(state: State) -> ColumnElement[bool]:
    if state is State.IMPORTED:
        return placeholders()
    ways: dict[State, ColumnElement[bool]] = {
        State.UNCONFIRMED: User.email_verified.is_(False),
        State.DISABLED: SiteAccount.blocked_at.is_not(None),
        State.LEAVING: SiteAccount.deletion_due_at.is_not(None),
        State.WITHOUT: StudioProfile.id.is_(None),
    }
    return and_(~placeholders(), ways[state]) if state in ways else ~placeholders()


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(User.id, User.display_name, User.email, User.username, User.created_at),
            *(User.email_verified, SiteAccount.blocked_at, SiteAccount.deletion_due_at),
            *(StudioProfile.id.label("studio_number"), StudioProfile.name.label("studio")),
        )
        .outerjoin(SiteAccount, SiteAccount.user_id == User.id)
        .outerjoin(StudioProfile, StudioProfile.user_id == User.id)
    )


def _listed(row: Row[*tuple[Any, ...]]) -> Listed:
    return Listed(
        number=row.id,
        name=one_line(row.display_name) or row.username,
        email=row.email,
        username=row.username,
        since=row.created_at,
        is_confirmed=row.email_verified,
        is_disabled=row.blocked_at is not None,
        is_leaving=row.deletion_due_at is not None,
        studio_number=row.studio_number,
        studio=None if row.studio_number is None else one_line(row.studio) or UNNAMED,
    )
