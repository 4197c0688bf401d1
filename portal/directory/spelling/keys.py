"""Keys that a word shares with its misspellings.

A single error (insertion, deletion, substitution, transposition) always leaves a common key: the
word without one letter. With two errors, long words usually share a run of three letters at its
position.
"""

SHORTEST = 4
LONGEST = 40
# Words of this length and more may contain two errors.
LONG = 8
# How far a run of three may have moved: one letter more or less before it.
MOVED = 1


def keys_of(word: str) -> set[str]:
    """The keys that the vocabulary stores for a word."""
    if not SHORTEST - 1 <= len(word) <= LONGEST:
        return set()
    return _taken_out(word) | (_runs(word, 0) if len(word) >= LONG - 2 else set())


def keys_to_look_for(word: str) -> set[str]:
    """The keys to look up for an unknown word."""
    if not SHORTEST <= len(word) <= LONGEST:
        return set()
    return _taken_out(word) | (_runs(word, MOVED) if len(word) >= LONG else set())


def _taken_out(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _runs(word: str, moved: int) -> set[str]:
    """Three letters with their position; a colon distinguishes them from words."""
    return {
        f"{at + by}:{word[at : at + 3]}"
        for at in range(len(word) - 2)
        for by in range(-moved, moved + 1)
        if at + by >= 0
    }
