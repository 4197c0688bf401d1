"""Which tokens of a studio have a set."""

from collections.abc import Callable, Iterable, Iterator

from portal.directory.index.documents import KINDS, OF_STUDIOS, POSTCODE, STEPS, WHOLE_NAME

COMMON_FROM = 256
LISTED = (f"{POSTCODE}=", f"{WHOLE_NAME}=")
"""Kinds of tokens that few studios share: full text lists them."""
EVERYBODY = ""
"""In place of a word: every studio of the index."""
SLICES = STEPS.bit_length()
SHORT = (2, 3)
"""Letters of a beginning that has a set: very many words begin so."""


VERSION = "v="
"""In place of a token: a number of its own for each state of the sets."""
KEPT = ("t=", "s=", "c=", "e=", "q=")
"""Kinds of tokens that most pages ask for: some fifty filters, and the bits of quality."""


def is_kept_token(token: str) -> bool:
    return token == EVERYBODY or token[:2] in KEPT


def slice_token(bit: int) -> str:
    return f"q={bit}"


def studio_of(rank: int) -> int:
    return rank & ((1 << OF_STUDIOS) - 1)


def word_of(token: str) -> str | None:
    """The word that a token asks for, in whichever place; None for other tokens."""
    kind, sign, word = token.partition("=")
    if not sign:
        return token
    return word if kind in KINDS else None


def is_word(token: str) -> bool:
    """Whether it is a word in no place of its own, and nothing else."""
    return token != EVERYBODY and "=" not in token and not token.endswith("*")


def has_set_always(token: str) -> bool:
    """Not only where many studios have it."""
    return token == EVERYBODY or token.endswith("*") or word_of(token) is None


def is_set(token: str, is_common: Callable[[str], bool]) -> bool:
    word = word_of(token)
    return token[:2] not in LISTED if word is None else is_common(word)


def set_tokens(rank: int, tokens: Iterable[str], is_common: Callable[[str], bool]) -> Iterator[str]:
    """Those of a studio's tokens that have a set, everybody's, the bits of its quality, and how its
    words begin. Each once, if each token is given once."""
    yield EVERYBODY
    step = rank >> OF_STUDIOS
    yield from (slice_token(bit) for bit in range(SLICES) if step >> bit & 1)
    begun = set[str]()
    for each in tokens:
        if is_set(each, is_common):
            yield each
        begun.update(begun_tokens(each))
    yield from begun


def begun_tokens(token: str) -> list[str]:
    """The sets of all words that begin like this one, in its place."""
    word = word_of(token)
    if not word or word[0] == "_":  # a letter that is written as a number
        return []
    before = len(token) - len(word)
    return [f"{token[: before + some]}*" for some in SHORT if some <= len(word)]


def begun_token(text: str) -> str | None:
    """The set of all words that begin so; None for a beginning that has none."""
    word = word_of(text)
    return f"{text}*" if word and len(word) in SHORT and word[0] != "_" else None
