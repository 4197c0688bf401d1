"""What hands make of words: one error at a random place."""

from random import Random

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def with_one_error(rng: Random, word: str) -> str:
    """A letter less, more or other, or two swapped."""
    at, kind = rng.randrange(len(word)), rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + rng.choice(LETTERS) + word[at:]
    if kind == 2:
        return word[:at] + rng.choice(LETTERS) + word[at + 1 :]
    at = rng.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
