"""Random sources that give the same values on every machine."""

from random import Random


def source(seed: str) -> Random:
    """A separate random source for one thing, seeded with a text, so independent of `hash()`."""
    return Random(seed)  # noqa: S311
