"""The distance between two words, weighted for typing errors."""

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

from portal.directory.spelling.keys import LONG, SHORTEST

KEYBOARD = "q:wa w:qes e:wrd r:etf t:ryg y:tuh u:yij i:uok o:ipl p:o a:qsz s:awdxe d:sefcr f:drgvt"
KEYBOARD += " g:fthby h:gyjnu j:hukmi k:jilo l:kop z:asx x:zsdc c:xdfv v:cfgb b:vghn n:bhjm m:njk"
DOUBLED = re.compile(r"(.)\1+")
NEIGHBOURS = {each[0]: set(each[2:]) for each in KEYBOARD.split()}


def most_errors(word: str) -> int:
    if len(word) < SHORTEST:
        return 0
    return 2 if len(word) >= LONG else 1


def errors(typed: str, word: str) -> int:
    """The number of insertions, deletions, substitutions and transpositions (optimal string
    alignment)."""
    return OSA.distance(typed, word)


def cost(typed: str, word: str) -> float | None:
    """How unlikely it is that `word` was meant; None if it is ruled out.

    The first letter is rarely wrong; transpositions, a doubled letter and the neighbouring key are
    the most common errors.
    """
    count = OSA.distance(typed, word, score_cutoff=2)
    if count == 2 and _without_doubles(typed) == _without_doubles(word):
        count = 1  # “neumman”: the wrong letter is doubled
    if not 0 < count <= most_errors(typed):
        return None
    is_common = _is_common(typed, word)
    if len(typed) == len(word) == SHORTEST and not is_common:
        return None  # “wien” is not “when”
    is_other = typed[0] != word[0]
    if is_other and (count > 1 or (len(typed) == SHORTEST and typed != word[1:])):
        return None
    return count + 0.5 * is_other - (0.25 if is_common else 0)


def is_near_by_chance(typed: str, word: str) -> bool:
    """“greek” is not “green”, “money” not “honey”, “flight” not “light”, unless another word of the
    search supports it."""
    is_ending = len(typed) == len(word) == SHORTEST + 1 and typed[:-1] == word[:-1]
    is_beginning = typed[1:] in {word[1:], word}
    return (is_ending or is_beginning) and not _is_common(typed, word)


def _without_doubles(word: str) -> str:
    return DOUBLED.sub(r"\1", word)


def _is_common(typed: str, word: str) -> bool:
    """Whether a single error is a common one."""
    start = _same_start(typed, word)
    end = _same_start(typed[::-1], word[::-1])
    here, there = typed[start : len(typed) - end], word[start : len(word) - end]
    if len(typed) == len(word):
        is_swapped = len(here) == 2 and here == there[::-1]
        return is_swapped or (len(here) == 1 and there in NEIGHBOURS.get(here, ()))
    longer = max(typed, word, key=len)
    return any(a == b for a, b in zip(longer[start - 1 : start + 1], longer[start:], strict=False))


def _same_start(first: Iterable[str], second: Iterable[str]) -> int:
    count = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        count += 1
    return count
