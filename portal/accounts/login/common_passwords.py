"""Common passwords and their usual variations.

Look-alike substitutions (`p@55w0rd`), capitals, and up to a dozen digits or signs before or after
(`Password2026!`) count as the same password. Sentences of several words do not. Source: OWASP ASVS
5.0, 6.2.4; docs/third-party.md names the sources of the list.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

COMMON = Path(__file__).with_name("common_passwords.txt")
WHOLE = 8
"""The minimum length of a list entry that counts as a password; shorter ones are only words."""
MOST_ADDED = 5
"""This many more characters do not make a password of a short word: `dragon12`, `Omar2026!`."""
MOST_CUT = 12
SHORTEST_WORD = 4

#: One letter for all its look-alikes, applied to both sides: `1` replaces `i` and `l`.
LOOK_ALIKES = str.maketrans("01345789@$!|+l", "oieastbgasiiti")
_ADDED_BEFORE = re.compile(r"[\W\d_]*")
_ADDED_BEHIND = re.compile(r"[\W\d_]*$")
_REPEATED = re.compile(r"(.+?)\1+", re.DOTALL)


def is_common(password: str, *, own: Iterable[str] = ()) -> bool:
    """Whether the password is on the list, is one of the words in `own` (names, addresses), or is
    derived from one by simple substitutions."""
    text = plain(password)
    names = {skeleton(name) for name in _words_of(own)}
    return (
        any(
            core in _list() or core in names
            for once in {text, _once(text)}
            for core, added in _cores(once)
            if len(core) >= WHOLE or (len(core) >= SHORTEST_WORD and added <= MOST_ADDED)
        )
        or len(_once(text)) == 1
    )


def plain(password: str) -> str:
    """Normalised: case-insensitive, and independent of Unicode composition."""
    return unicodedata.normalize("NFKC", password).casefold()


def skeleton(text: str) -> str:
    return plain(text).translate(LOOK_ALIKES)


def _cores(text: str) -> Iterator[tuple[str, int]]:
    """The text without digits and signs at its ends, and how many were removed."""
    before = min(_length(_ADDED_BEFORE.match(text)), MOST_CUT)
    behind = min(_length(_ADDED_BEHIND.search(text)), MOST_CUT)
    whole = text.translate(LOOK_ALIKES)
    for start in range(before + 1):
        for cut in range(min(behind, len(text) - start) + 1):
            yield whole[start : len(text) - cut], start + cut


def _once(text: str) -> str:
    """Without repetition: `abcdabcd` is `abcd`."""
    found = _REPEATED.fullmatch(text)
    return found.group(1) if found else text


def _length(found: re.Match[str] | None) -> int:
    return len(found.group()) if found else 0


def _words_of(own: Iterable[str]) -> set[str]:
    """“Omar Said” and `omar.said@example.com` as a whole, in parts, and joined."""
    found: set[str] = set()
    for text in own:
        mailbox = text.partition("@")[0]
        parts = re.split(r"[\W_]+", text)
        found |= {text, mailbox, *parts, "".join(parts), "".join(re.split(r"[\W_]+", mailbox))}
    return {word for word in found if len(word) >= SHORTEST_WORD}


@cache
def _list() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(skeleton(line) for line in lines if line and not line.startswith("#"))
