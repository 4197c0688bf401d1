"""Finds internal words in text for other readers than staff.

Internal words are: those that the report lists under `internal-words`; notes to oneself (TODO,
FIXME, XXX, TBD); the words INTERNAL and CONFIDENTIAL in capitals; host names that end in .internal,
.local, .lan or .corp; addresses of private networks.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_OURS = re.compile(
    r"\b(?:TODO|FIXME|XXX|TBD|INTERNAL|CONFIDENTIAL)\b"
    r"|\b[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){0,8}\.(?:internal|local|lan|corp)\b"
    r"|\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b"
)


def internal_words_in(text: str, listed: Iterable[str] = ()) -> list[str]:
    """Each once, as written in the text; `listed` are a report's own words, in any case."""
    return list(dict.fromkeys(_found(text, listed)))


def _found(text: str, listed: Iterable[str]) -> Iterator[str]:
    yield from (found[0] for found in _OURS.finditer(text))
    if pattern := _pattern(tuple(listed)):
        yield from (found[0] for found in pattern.finditer(text))


@lru_cache(maxsize=32)
def _pattern(listed: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all of them; of two with the same beginning the longer comes first."""
    words = [word.split() for word in sorted(listed, key=len, reverse=True) if word.strip()]
    if not words:
        return None
    either = "|".join(r"\s+".join(map(re.escape, parts)) for parts in words)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.I)
