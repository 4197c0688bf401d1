"""A search as expressions of tokens, in tiers by how well a studio matches.

The first tier has every word in the name; the next ones add types and connections, then services
and equipment, then places, then any text. Within a tier the stored quality decides. If all words of
a search are common, only name and quality decide, so that half the directory is never sorted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from portal.directory.index.documents import COUNTRY, KINDS, whole_name_tokens
from portal.directory.index.expression import (
    But,
    Expression,
    Token,
    all_of,
    any_of,
    token,
    token_of,
)
from portal.directory.index.sets.tokens import EVERYBODY
from portal.directory.words import Part, Query, Term
from portal.directory.words.plurals import singular

COMMON = 0.05
COMMON_WORDS, WHOLE_WORD = 1, 2


@dataclass(frozen=True)
class Known:
    """Statistics for a search: the number of studios, their countries, and the studios per term.

    For a short prefix, all that have a term of it; for a longer one, the count of its most frequent
    term. `words`: all terms of the search and those that begin with its long prefixes, as tokens.
    """

    studios: int
    counts: Mapping[Term, int]
    countries: frozenset[str] = frozenset()
    words: Mapping[str, int] = field(default_factory=dict)

    def of(self, part: Part) -> int:
        return max((self.counts.get(term, 0) for term in part.terms), default=0)

    def has_all(self, query: Query) -> bool:
        return all(self.of(part) for part in query.required)

    def also(self, query: Query, counts: Mapping[str, int], changed: Collection[str]) -> "Known":
        """Add the counts of corrected words, which some studio has; words that the correction did
        not change stay unknown."""
        parts = [
            part
            for part in query.parts
            if not self.of(part) and any(word in part.typed for word in changed)
        ]
        terms = [term for part in parts for term in part.terms]
        more = {
            part.terms[0]: max((counts.get(term.text, 0) for term in part.terms), default=0) or 1
            for part in parts
        }
        words = {term_text(term): counts.get(term.text) or 1 for term in terms}
        return replace(self, counts={**self.counts, **more}, words={**words, **self.words})

    def plan(self, query: Query) -> int:
        """How the tiers are built, as bits; stored in marks."""
        are_common = all(self.of(part) > COMMON * self.studios for part in query.required)
        return are_common * COMMON_WORDS | any(map(self.is_whole, query.parts)) * WHOLE_WORD

    def is_whole(self, part: Part) -> bool:
        """Whether the part may be a prefix and is also a word that some studio has."""
        is_begun = any(term.is_prefix for term in part.terms)
        whole = (term for term in part.terms if not term.is_prefix)
        return is_begun and any(self.counts.get(term) for term in whole)


def tiers(
    query: Query, filters: Sequence[Expression], plan: int, name: str = ""
) -> list[Expression | None]:
    """Disjoint tiers whose union is the result, best first; None matches every studio.

    The first tier holds studios whose name is the whole search, `name`. `plan`: whether all
    required words are common, and whether the last word is complete; then studios that match it
    only as a prefix come last.
    """
    required = query.required
    if not required:
        return [all_of(filters) if filters else None]
    plain = [_part(part, ()) for part in required]
    every, telling = query.parts, required
    if plan & WHOLE_WORD:
        every, telling = tuple(map(_whole, every)), tuple(map(_whole, telling))
    nested = [_in_kinds(telling, KINDS[:1])]
    if len(telling) < len(every):
        nested.insert(0, _in_kinds(every, KINDS[:1]))
    nested[:0] = [all_of([Token(each), nested[0]]) for each in whole_name_tokens(name)]
    if not plan & COMMON_WORDS:
        nested += [_in_kinds(telling, KINDS[:most]) for most in range(2, len(KINDS) + 1)]
    nested.append(all_of(plain))
    found: list[Expression | None] = [all_of([nested[0], *filters])]
    for before, each in pairwise(nested):
        found.append(But(all_of([each, *filters]), before))
    return found


def _whole(part: Part) -> Part:
    terms = tuple(term for term in part.terms if not term.is_prefix)
    return replace(part, terms=terms) if terms else part


def with_others(query: Query, others: Mapping[str, Sequence[str]]) -> Query:
    """Add the alternatives of corrected words that occur together with the rest of the search.

    A search of a single word uses the most likely alternative only.
    """
    if len(query.required) < 2:
        return query
    parts = (
        replace(part, terms=(*part.terms, *(Term(singular(word)) for word in others[part.typed])))
        if part.typed in others
        else part
        for part in query.parts
    )
    return Query(tuple(parts))


def whole(query: Query, filters: Sequence[Expression]) -> Expression | None:
    """The condition that every studio of the result meets; None for a search without conditions."""
    parts = [*(_part(part, ()) for part in query.required), *filters]
    return all_of(parts) if parts else None


def _in_kinds(parts: Sequence[Part], kinds: Sequence[str]) -> Expression:
    return all_of([_part(part, kinds) for part in parts])


def _part(part: Part, kinds: Sequence[str]) -> Expression:
    return any_of(token(term, kind) for term in part.terms for kind in kinds or ("",))


def term_text(term: Term) -> str:
    return token_of(term.text)


def plain_texts(terms: Iterable[Term]) -> set[str]:
    """Words to look up, with everybody in place of one."""
    return {term_text(each) for each in terms if not each.is_prefix} | {EVERYBODY}


def starts_of(terms: Iterable[Term]) -> list[str]:
    return sorted({term_text(each) for each in terms if each.is_prefix})


def known(terms: Iterable[Term], found: Mapping[str, int], whole: Mapping[str, int]) -> Known:
    """From words with their studios, and beginnings with theirs."""
    counts = {
        each: whole[start] if each.is_prefix and start in whole else _most(found, each)
        for each in terms
        for start in (term_text(each),)
    }
    there = {name[2:].upper() for name in found if name.startswith(f"{COUNTRY}=")}
    return Known(found.get(EVERYBODY, 0), counts, frozenset(there), found)


def _most(found: Mapping[str, int], term: Term) -> int:
    start = term_text(term)
    if not term.is_prefix:
        return found.get(start, 0)
    return max((n for name, n in found.items() if name.startswith(start)), default=0)
