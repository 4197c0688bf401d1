"""The content of `synonyms.toml`, read once."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

FILE = files("portal.directory.words") / "synonyms.toml"


@dataclass(frozen=True)
class Language:
    """`same` and `finds` as in the file; `synonyms.py` parses them into phrases."""

    same: tuple[tuple[str, ...], ...]
    finds: tuple[tuple[str, tuple[str, ...]], ...]
    not_plurals: frozenset[str]
    irregular: dict[str, str]
    empty: frozenset[str]
    asking: frozenset[str]
    correct: frozenset[str]
    generic: frozenset[str]


@cache
def language() -> Language:
    """Raises ValueError for an invalid file; a test reads it."""
    return language_of(tomllib.loads(FILE.read_text(encoding="utf-8")))


def language_of(given: dict[str, Any]) -> Language:
    unknown = set(given) - {"same", "finds", "words"}
    if unknown:
        raise ValueError(f"synonyms.toml: {', '.join(sorted(unknown))} is not known.")
    words = given["words"]
    return Language(
        same=tuple(tuple(group) for group in given["same"]),
        finds=tuple((word, tuple(found)) for word, found in given["finds"].items()),
        not_plurals=_plain_words(words["not_plurals"]),
        irregular=dict(words["irregular"]),
        empty=_plain_words(words["empty"]),
        asking=_plain_words(words["asking"]),
        correct=_plain_words(words["correct"]),
        generic=_plain_words(words["generic"]),
    )


def _plain_words(given: list[str]) -> frozenset[str]:
    for word in given:
        if not re.fullmatch(r"[a-z]+", word):
            raise ValueError(f"synonyms.toml: “{word}” is not one word in small letters.")
    return frozenset(given)
