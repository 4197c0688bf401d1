"""The singular of an English word. Conservative: two words match only if they are one word."""

import re
from functools import lru_cache

from portal.directory.words.language import language

ENDS_ALONE = re.compile(r"(?:ss|us|is|[^a-z0-9]s)$")
# The maximum length that is examined; a longer name is no plural.
LONGEST = 30


@lru_cache(maxsize=20_000)
def singular(word: str) -> str:
    """“booths” and “booth” give the same; so do “cities” and “city”. Idempotent."""
    known = language()
    if word in known.irregular:
        return known.irregular[word]
    if not word.isascii() or not word.isalpha() or len(word) < 4 or len(word) > LONGEST:
        return word
    if word in known.not_plurals or (word[-1] == "s" and ENDS_ALONE.search(word)):
        return word
    return _cut(word)


def _cut(word: str) -> str:
    if len(word) > 4 and word.endswith(("ies", "ie")):  # movie, movies: one form for both
        return f"{word.removesuffix('s')[:-2]}y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if len(word) > 5 and word.endswith("oes"):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word
