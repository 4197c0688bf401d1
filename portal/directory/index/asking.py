"""A search as expressions of tokens: what is asked, in the order of how well it is met.

First comes what has every word in its name, then in name, types and connections, then in services
and equipment as well, then in places, then anywhere. Within each, the stored quality decides. Where
a search has only words that many studios have, name and quality alone decide, so that half the
directory is never sorted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from portal.directory.index.documents import KINDS
from portal.directory.index.expression import (
    But,
    Expression,
    all_of,
    any_of,
    token,
    token_of,
)
from portal.directory.words import Part, Query, Term

COMMON = 0.05


@dataclass(frozen=True)
class Known:
    """How many studios there are, in which countries, and how many have each term that was asked
    for; of a beginning the term that most have. `words`: all terms that were asked for, and those
    that begin so, as their tokens."""

    studios: int
    counts: Mapping[Term, int]
    countries: frozenset[str] = frozenset()
    words: Mapping[str, int] = field(default_factory=dict)

    def of(self, part: Part) -> int:
        return max((self.counts.get(term, 0) for term in part.terms), default=0)

    def has_all(self, query: Query) -> bool:
        return all(self.of(part) for part in query.required)

    def are_common(self, parts: Iterable[Part]) -> bool:
        return all(self.of(part) > COMMON * self.studios for part in parts)


def tiers(query: Query, filters: Sequence[Expression], known: Known) -> list[Expression | None]:
    """None stands for everybody. No studio is in two of them, all of them are the answer."""
    required = query.required
    if not required:
        return [all_of(filters) if filters else None]
    plain = [_part(part, ()) for part in required]
    nested = [_in_kinds(required, KINDS[:1])]
    if len(required) < len(query.parts):
        nested.insert(0, _in_kinds(query.parts, KINDS[:1]))
    if not known.are_common(required):
        nested += [_in_kinds(required, KINDS[:most]) for most in range(2, len(KINDS) + 1)]
    nested.append(all_of(plain))
    found: list[Expression | None] = [all_of([nested[0], *filters])]
    for before, each in pairwise(nested):
        found.append(But(all_of([each, *filters]), before))
    return found


def whole(query: Query, filters: Sequence[Expression]) -> Expression | None:
    """What every studio of the answer meets; None where nothing is asked."""
    parts = [*(_part(part, ()) for part in query.required), *filters]
    return all_of(parts) if parts else None


def _in_kinds(parts: Sequence[Part], kinds: Sequence[str]) -> Expression:
    return all_of([_part(part, kinds) for part in parts])


def _part(part: Part, kinds: Sequence[str]) -> Expression:
    return any_of(token(term, kind) for term in part.terms for kind in kinds or ("",))


def term_text(term: Term) -> str:
    return token_of(term.text)
