"""What a query means: which sets a studio has to be in, and in which not."""

import re
from dataclasses import dataclass
from datetime import date

from portal.directory.admin.index.documents import FLAGS, SOME
from portal.directory.admin.index.tokens import (
    BEGINNING,
    DAY,
    FLAG,
    HOST,
    MONTH,
    OWNER,
    PICTURES,
    REVIEWS,
    SHORT,
    STATE,
    TYPE,
    WORD,
    YEAR,
    city_token,
    host_of,
    words_of,
)
from portal.directory.admin.query import NO, NONE, AdminQuery, day_of

NUMBER = re.compile(r"(#?)\s*([0-9]{1,9})")
LAST = "\U0010ffff"


@dataclass(frozen=True)
class Words:
    """Studios whose name or city has words that begin like all of these: tokens of sets, and
    ranges of tokens whose sets are united."""

    tokens: tuple[str, ...] = ()
    ranges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Search:
    """Any of these: the words, a number, the host of a website, an address of a person."""

    words: Words | None = None
    number: int | None = None
    host: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Needs:
    """In each set of `every`, in none of `no`; if `since` is given, in one of its days."""

    every: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    since: date | None = None
    search: Search | None = None


def needs_of(query: AdminQuery) -> Needs:
    every, no = list[str](), list[str]()
    if query.state:
        every.append(STATE + query.state)
    if query.owner:
        every.append(OWNER + query.owner)
    if query.type:
        every.append(TYPE + query.type)
    if query.city:
        every.append(city_token(query.city))
    flags = ((FLAG + name, getattr(query, name)) for name in FLAGS)
    for token, value in (*flags, (PICTURES + SOME, query.pictures)):
        if value:
            (no if value in {NO, NONE} else every).append(token)
    if query.reviews:
        is_none = query.reviews == NONE
        (no if is_none else every).append(REVIEWS + (SOME if is_none else query.reviews))
    return Needs(tuple(every), tuple(no), day_of(query.since), search_of(query.q))


def search_of(text: str) -> Search | None:
    if not text:
        return None
    if number := NUMBER.fullmatch(text):
        words = None if number[1] else _words(text)
        return Search(words=words, number=int(number[2]))
    is_one = " " not in text
    if is_one and "@" in text.strip("@"):
        return Search(email=text)
    host = host_of(text) if is_one and "." in text.strip(".") else None
    return Search(words=_words(text), host=host or None)


def _words(text: str) -> Words:
    tokens, ranges = list[str](), list[tuple[str, str]]()
    for each in words_of(text):
        if len(each) <= SHORT:
            tokens.append(BEGINNING + each)
        else:
            ranges.append((WORD + each, WORD + each + LAST))
    return Words(tuple(tokens), tuple(ranges))


def host_token(host: str) -> str:
    return HOST + host


def since_ranges(since: date) -> list[tuple[str, str]]:
    """Days up to the end of the month, months up to the end of the year, and all later years."""
    return [
        (f"{DAY}{since:%Y-%m-%d}", f"{DAY}{since:%Y-%m}-99"),
        (f"{MONTH}{since:%Y-%m}{LAST}", f"{MONTH}{since:%Y}-99"),
        (f"{YEAR}{since:%Y}{LAST}", f"{YEAR}9999"),
    ]
