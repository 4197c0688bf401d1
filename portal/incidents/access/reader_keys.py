"""Keys and words about a report's audience: those that are read, and similar ones."""

import re
from functools import lru_cache
from unicodedata import category, normalize

AUDIENCE, CLIENTS, DRAFT, PUBLISHED, VISIBILITY = (
    *("audience", "clients", "draft", "published", "visibility"),
)
#: The subject of a name that contains one of these.
_STEMS = {
    "audien": AUDIENCE,
    "audian": AUDIENCE,
    "client": CLIENTS,
    "draft": DRAFT,
    "publish": PUBLISHED,
    "visib": VISIBILITY,
}
#: Words, each with the maximum edit distance at which it is still recognised.
_WORDS = {
    "audience": (AUDIENCE, 2),
    "visibility": (VISIBILITY, 2),
    "published": (PUBLISHED, 2),
    "clients": (CLIENTS, 2),
    "client": (CLIENTS, 1),
}
_LONGEST = max(len(word) + allowed for word, (_, allowed) in _WORDS.items())
#: Other names for the audience.
_OTHERS = {
    *("aud", "readers", "reader", "viewers", "viewer", "recipients", "visibleto", "for", "share"),
    *("access", "accesslevel", "permissions", "acl", "classification", "sensitivity", "tlp"),
    *("private", "public", "internal", "internalonly", "staff", "staffonly", "restricted"),
    *("confidential", "confidentiality", "secret", "hidden", "unlisted", "embargo", "embargoed"),
    *("customer", "customers", "tenant", "tenants", "distribution", "sharing", "sharedwith"),
    *("exclude", "except", "notfor", "hidefrom", "only", "onlyfor", "limitedto"),
}
#: Common phrases for “staff only”.
RESTRICTING = {
    *("internal", "internal only", "internal-only", "internal use only", "for internal use only"),
    *("staff", "staff only", "for staff only", "private", "confidential", "restricted", "secret"),
    *("unlisted", "team only", "not public", "not for clients", "do not share"),
}
#: Cyrillic, Armenian, Greek and other letters that resemble Latin ones.
_LOOK_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0501\u0578\u057d\u04cf"
    "\u0442\u043a\u03b1\u03bf\u03b5\u03c5\u03b9\u03bd\u03c1\u03c4\u0251\u0131\u0269\u01c0",
    "aeopcyxisdnultkaoeuivptaiil",
)


def folded(text: str) -> str:
    """Lower-case text without diacritics and invisible characters, lookalikes replaced."""
    plain = text.casefold()
    if not plain.isascii():
        marks = ("Mn", "Cf", "Cc", "Me")
        kept = (c for c in normalize("NFKD", plain) if category(c) not in marks or c in "\t\n")
        plain = "".join(kept).translate(_LOOK_ALIKE).casefold()
    return plain


def about_readers(name: str) -> str | None:
    """The subject of a front matter key in any spelling: one of the five words, or “audience” for
    its other names. None for a key unrelated to readers.
    """
    joined = _letters(name)
    stem = next((kind for part, kind in _STEMS.items() if part in joined), None)
    if stem or not joined:
        return stem
    return AUDIENCE if joined in _OTHERS else _near(joined, 2)


def words_about_readers(words: str) -> str | None:
    """As `about_readers` for words in a text, matched more strictly."""
    joined = _letters(words)
    if "audience" in joined:
        return AUDIENCE
    if joined in ("draft", "drafts", "isdraft"):
        return DRAFT
    return _near(joined, 1)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", folded(name))


def _near(joined: str, most: int) -> str | None:
    """The word within this edit distance."""
    return _near_word(joined, most) if len(joined) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _near_word(joined: str, most: int) -> str | None:
    """Cached: the same words occur in many files."""
    for word, (kind, allowed) in _WORDS.items():
        if _differs(joined, word, min(most, allowed)):
            return kind
    return None


def _differs(one: str, other: str, most: int) -> bool:
    """Whether the edit distance is at most `most`; a swap of neighbouring letters counts as one."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        earlier, before, row = before, row, [at]
        for place, wanted in enumerate(other, 1):
            best = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != wanted))
            if at > 1 < place and letter == other[place - 2] and one[at - 2] == wanted:
                best = min(best, earlier[place - 2] + 1)
            row.append(best)
    return row[-1] <= most
