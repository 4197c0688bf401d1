"""What was fetched for a search, and the sets that its expressions give."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

from pyroaring import BitMap
from sqlalchemy import Connection

from portal.directory.index.asking import Known
from portal.directory.index.circles import Circle
from portal.directory.index.expression import Any, But, Expression, Token, any_of
from portal.directory.index.sets import COMMON_FROM, EVERYBODY, Wanted, is_set, word_of
from portal.directory.kept.index import fetch

NOTHING = BitMap()


@dataclass
class Sets:
    """`cells`: of the circle's squares the nearest and the farthest that a studio of it may be, and
    its studios."""

    connection: Connection
    known: Known | None
    cells: list[tuple[float, float, BitMap]] = field(default_factory=list)
    _found: dict[str, BitMap] = field(default_factory=dict)
    _made: dict[Expression, BitMap] = field(default_factory=dict)
    _starts: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    _has_cells: bool = False

    def fetch(
        self, asked: Iterable[Expression | None], tokens: Iterable[str], circle: Circle | None
    ) -> None:
        """Whatever of it was not fetched yet, in one statement."""
        lists: dict[str, Expression] = {}
        wanted = {each for each in tokens if each not in self._found}
        for each in asked:
            for token in _tokens(each) if each else ():
                self._note(token, wanted, lists)
            if each is None and EVERYBODY not in self._found:
                wanted.add(EVERYBODY)
        ranges = circle.ranges() if circle and not self._has_cells else []
        if wanted or lists or ranges:
            found = fetch(self.connection, Wanted(wanted, ranges, lists))
            if circle and ranges:
                self._note_cells(circle, found)
            self._found |= found

    def of(self, token: str) -> BitMap:
        return self._found.get(token, NOTHING)

    def matching(self, asked: Expression | None) -> BitMap:
        if asked is None:
            return self.of(EVERYBODY)
        if asked not in self._made:
            self._made[asked] = self._make(asked)
        return self._made[asked]

    def _make(self, asked: Expression) -> BitMap:
        if isinstance(asked, Token):
            return self._of_token(asked)
        if isinstance(asked, But):
            return self.matching(asked.these) - self.matching(asked.those)
        parts = [self.matching(each) for each in asked.of]
        if isinstance(asked, Any):
            return BitMap.union(*parts)
        return reduce(BitMap.__and__, sorted(parts, key=len))

    def _of_token(self, token: Token) -> BitMap:
        if not token.is_prefix:
            return self.of(token.text)
        kind, sign, start = token.text.rpartition("=")
        common, _ = self._begun(start)
        words = [self.of(f"{kind}{sign}{word}") for word in common]
        return BitMap.union(self.of(_list_name(token)), *words)

    def _note(self, token: Token, wanted: set[str], lists: dict[str, Expression]) -> None:
        """A beginning stands for its words: those that many have, and a list of the others."""
        name = _list_name(token)
        if name in self._found:
            return
        if not token.is_prefix:
            if is_set(token.text, self._is_common):
                wanted.add(token.text)
            elif self._is_there(token):
                lists[name] = token
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

    def _note_cells(self, circle: Circle, found: dict[str, BitMap]) -> None:
        kinds = {f"{each.kind}=" for each in circle.squares}
        tokens = [each for each in found if each[:2] in kinds and circle.is_asked(each)]
        for token, (nearest, farthest) in zip(tokens, circle.spans(tokens), strict=True):
            self.cells.append((nearest, farthest, found[token]))
        self._has_cells = True


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
