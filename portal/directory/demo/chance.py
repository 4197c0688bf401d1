"""Chance that falls the same way on every machine."""

from random import Random


def source(seed: str) -> Random:
    """A random source of its own for one thing; a text as seed does not depend on hash()."""
    return Random(seed)  # noqa: S311
