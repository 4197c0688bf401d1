"""Keys that a word shares with what a hand makes of it.

One error (a letter more, less, another, two swapped) always leaves a key in common: the word with
one letter taken out. Of two errors in a long word most leave a run of three letters at its place.
"""

SHORTEST = 4
LONGEST = 40
# From this length on a word may hold two errors.
LONG = 9
# Letters that a run of three may have moved: one letter more or less before it.
MOVED = 1


def keys_of(word: str) -> set[str]:
    """What the vocabulary keeps for a word."""
    if not SHORTEST - 1 <= len(word) <= LONGEST:
        return set()
    return _taken_out(word) | (_runs(word, 0) if len(word) >= LONG - 2 else set())


def keys_to_look_for(word: str) -> set[str]:
    """Those of a word that nobody wrote."""
    if not SHORTEST <= len(word) <= LONGEST:
        return set()
    return _taken_out(word) | (_runs(word, MOVED) if len(word) >= LONG else set())


def _taken_out(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _runs(word: str, moved: int) -> set[str]:
    """Three letters with their place; a colon keeps them apart from words."""
    return {
        f"{at + by}:{word[at : at + 3]}"
        for at in range(len(word) - 2)
        for by in range(-moved, moved + 1)
        if at + by >= 0
    }
