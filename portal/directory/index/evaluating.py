"""What was fetched for a search, and the sets that its expressions give."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import Connection

from portal.directory.index.asking import Known, known, plain_texts, starts_of
from portal.directory.index.circles import Circle, Place
from portal.directory.index.documents import CELLS, WHOLE_NAME, on_ball
from portal.directory.index.expression import Any, But, Expression, Token, any_of
from portal.directory.index.rings import Squares
from portal.directory.index.sets.fetching import Wanted
from portal.directory.index.sets.tokens import (
    COMMON_FROM,
    EVERYBODY,
    begun_token,
    is_set,
    word_of,
)
from portal.directory.kept.index import fetch, is_remembering, of_sets
from portal.directory.words import Term

NOTHING = BitMap()
NAMES = f"{WHOLE_NAME}="
FINEST = next(iter(CELLS))
SOME = 12
"""Studios of a square that are rather sorted than looked for in finer squares."""
SQUARES = frozenset(f"{kind}=" for kind in CELLS)


class Cell(NamedTuple):
    """A square: the straight lines to the nearest and to the farthest that a studio of it may be,
    and its studios."""

    nearest: float
    farthest: float
    ids: BitMap
    token: str
    is_inside: bool = False


class Near(NamedTuple):
    """Who is in squares inside a circle, and at its edge; `cells` for the order of distances."""

    inside: BitMap
    touched: BitMap
    cells: tuple[Cell, ...]

    def size(self) -> int:
        """About as many bytes as it takes in memory."""
        return 1000 + sum(300 + 2 * len(each.ids) for each in self.cells)


@dataclass
class Sets:
    """`cells`: the circle's squares. `within`: everybody in the circle who has the `filters`.
    `is_backwards`: the page is the end of its list."""

    connection: Connection
    circle: Circle | None = None
    filters: tuple[str, ...] = ()
    is_by_distance: bool = False
    is_backwards: bool = False
    known: Known | None = None
    cells: Sequence[Cell] = ()
    within: BitMap | None = None
    _doubtful: BitMap = field(default_factory=BitMap)
    _found: dict[str, BitMap] = field(default_factory=dict)
    _made: dict[Expression, BitMap] = field(default_factory=dict)
    _near: dict[Expression | None, BitMap] = field(default_factory=dict)
    _starts: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def know(self, terms: Collection[Term], tokens: Iterable[str] = ()) -> Known:
        """Fetches which of these words there are, these sets, and the squares of the circle, in one
        statement."""
        starts = {each: begun_token(each) for each in starts_of(terms)}
        begun = {token for token in starts.values() if token}
        wanted = Wanted(
            tokens=self._missing({*tokens, *begun, *(self.filters if self.circle else ())}),
            ranges=self._ranges(),
            words=plain_texts(terms),
            starts=[start for start, token in starts.items() if not token],
        )
        answer = fetch(self.connection, wanted)
        self._note_circle(answer.sets)
        self._found |= answer.sets
        whole = {each: len(self.of(token)) for each, token in starts.items() if token}
        self.known = known(terms, answer.words, whole)
        return self.known

    def fetch(
        self,
        asked: Iterable[Expression | None],
        tokens: Iterable[str] = (),
        besides: Expression | None = None,
    ) -> None:
        """Whatever of it was not fetched yet, in one statement. `besides`: lists that it gives as
        well, if there has to be one."""
        lists: dict[str, Expression] = {}
        wanted = self._missing(tokens)
        if None in (every := list(asked)):
            wanted |= self._missing([EVERYBODY])
        each_once = {_list_name(token): token for e in every if e for token in _tokens(e)}
        for token in each_once.values():
            self._note(token, wanted, lists)
        if wanted or lists or self._doubtful:
            more = Wanted(wanted, lists=lists, measured=self._doubtful, circle=self._values())
            names, also = set[str](), dict[str, Expression]()
            for token in _tokens(besides) if besides else ():
                self._note(token, names, also)
            answer = fetch(self.connection, more, also)
            self._found |= answer.sets
            if self._doubtful and self.within is not None:
                self.within, self._doubtful = self.within | answer.within, BitMap()

    def fetch_tiers(
        self, asked: Expression | None, tiers: Sequence[Expression | None], tokens: Iterable[str]
    ) -> None:
        """As `fetch`. A whole name is new in almost each search: what is remembered is looked at
        first, and where no studio's name has all of the words, none is that name."""
        named = tiers[1] if len(tiers) > 1 else None
        if is_remembering() and isinstance(named, But):
            some = [asked, *(each.these for each in tiers if isinstance(each, But))]
            self.fetch(some, tokens, besides=named.those)
            if self.matching(named.these):
                self.fetch([named.those])
            else:
                names = {each.text for each in _tokens(named.those) if each.text[:2] == NAMES}
                self._found |= dict.fromkeys(names, NOTHING)
        else:
            self.fetch([asked, *tiers], tokens)

    def refined(self, cells: list[Cell], times: int) -> list[Cell]:
        """These with finer squares, so many kinds finer, in place of those that hold many; in one
        statement."""
        many = {each.token for each in cells if each.token[0] != FINEST and len(each.ids) > SOME}
        if self.circle is None or not many:
            return cells
        found = fetch(self.connection, Wanted(ranges=self.circle.finer(sorted(many), times))).sets
        spans = zip(self.circle.spans(found), found.items(), strict=True)
        left = (each for each in cells if each.token not in many)
        return [*left, *(Cell(*span, ids, token) for span, (token, ids) in spans)]

    def of(self, token: str) -> BitMap:
        return self._found.get(token, NOTHING)

    def matching(self, asked: Expression | None) -> BitMap:
        """Within the circle, where there is one."""
        if self.within is None:
            return self._matching(asked)
        if asked not in self._near:
            self._near[asked] = self._matching(asked) & self.within
        return self._near[asked]

    def _matching(self, asked: Expression | None) -> BitMap:
        if asked is None:
            return self.of(EVERYBODY)
        if asked not in self._made:
            self._made[asked] = self._make(asked)
        return self._made[asked]

    def _make(self, asked: Expression) -> BitMap:
        if isinstance(asked, Token):
            return self._of_token(asked)
        if isinstance(asked, But):
            return self._matching(asked.these) - self._matching(asked.those)
        parts = [self._matching(each) for each in asked.of]
        if isinstance(asked, Any):
            return BitMap.union(*parts)
        return reduce(BitMap.__and__, sorted(parts, key=len))

    def _of_token(self, token: Token) -> BitMap:
        if not token.is_prefix:
            return self.of(token.text)
        if begun := begun_token(token.text):
            return self.of(begun)
        kind, sign, start = token.text.rpartition("=")
        common, _ = self._begun(start)
        words = [self.of(f"{kind}{sign}{word}") for word in common]
        return BitMap.union(self.of(_list_name(token)), *words)

    def _note(self, token: Token, wanted: set[str], lists: dict[str, Expression]) -> None:
        """A long beginning stands for its words: those that many have, and a list of the others."""
        name = _list_name(token)
        if name in self._found:
            return
        if not token.is_prefix:
            if is_set(token.text, self._is_common):
                wanted.add(token.text)
            elif self._is_there(token):
                lists[name] = token
            return
        if begun := begun_token(token.text):
            wanted.add(begun)
            return
        kind, sign, start = token.text.rpartition("=")
        common, rare = self._begun(start)
        wanted.update(f"{kind}{sign}{word}" for word in common)
        if not rare:
            self._found[name] = NOTHING
        else:
            lists[name] = any_of(Token(f"{kind}{sign}{word}") for word in rare)

    def _begun(self, start: str) -> tuple[list[str], list[str]]:
        """Words that begin so: common ones, and others."""
        if start not in self._starts:
            begun = (each for each in self._words if each.startswith(start) and "=" not in each)
            both: tuple[list[str], list[str]] = ([], [])
            for word in begun:
                both[self._words[word] < COMMON_FROM].append(word)
            self._starts[start] = both
        return self._starts[start]

    @property
    def _words(self) -> Mapping[str, int]:
        return self.known.words if self.known else {}

    def _is_common(self, word: str) -> bool:
        return self._words.get(word, 0) >= COMMON_FROM

    def _is_there(self, token: Token) -> bool:
        word = word_of(token.text)
        return word is None or self._words.get(word, 0) > 0

    def _missing(self, tokens: Iterable[str]) -> set[str]:
        return {each for each in tokens if each not in self._found}

    def _ranges(self) -> Iterable[tuple[str, str]]:
        if self.circle is None or self.within is not None:
            return ()
        return self._squares(self.circle)

    def _squares(self, circle: Circle) -> Squares:
        return Squares(circle, self.is_by_distance and not self.is_backwards)

    def _note_circle(self, found: dict[str, BitMap]) -> None:
        """Squares are inside or at the edge; studios of the latter are measured with what is
        fetched next."""
        circle, by_distance = self.circle, self.is_by_distance
        if circle is None or self.within is not None:
            return
        asked = ("near", by_distance, self._squares(circle).name)
        near = of_sets(asked, lambda: _near(circle, found, by_distance=by_distance), Near.size)
        self.within, self.cells = near.inside, near.cells
        some = (found.get(each) or self.of(each) for each in self.filters)
        self._doubtful = reduce(BitMap.__and__, some, near.touched)

    def _values(self) -> dict[str, float]:
        if self.circle is None:
            return {}
        x, y, z = on_ball(self.circle.centre)
        return {"x": x, "y": y, "z": z, "edge": self.circle.chord}


def _near(circle: Circle, found: Mapping[str, BitMap], *, by_distance: bool) -> Near:
    squares = [token for token in found if token[:2] in SQUARES]
    inside, touched, cells = list[BitMap](), list[BitMap](), list[Cell]()
    placed = circle.places(squares, by_distance=by_distance)
    for token, (place, nearest, farthest) in zip(squares, placed, strict=True):
        if place is Place.OUTSIDE:
            continue
        is_inside, ids = place is Place.INSIDE, found[token]
        (inside if is_inside else touched).append(ids)
        if by_distance:
            cells.append(Cell(nearest, farthest, ids, token, is_inside))
    return Near(_union(inside), _union(touched), tuple(cells))


def _union(given: list[BitMap]) -> BitMap:
    return BitMap.union(*given) if given else BitMap()


def _list_name(token: Token) -> str:
    return f"{token.text}*" if token.is_prefix else token.text


def _tokens(asked: Expression) -> Iterator[Token]:
    if isinstance(asked, Token):
        yield asked
        return
    parts: Collection[Expression]
    parts = (asked.these, asked.those) if isinstance(asked, But) else asked.of
    for each in parts:
        yield from _tokens(each)
