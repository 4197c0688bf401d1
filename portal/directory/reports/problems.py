"""What visitors can report, and how long their words may be."""

from datetime import timedelta
from enum import StrEnum

LONGEST_TEXT, LONGEST_OUTCOME = 2000, 300
ADDRESS_KEPT = timedelta(days=30)
"""How long after a report was closed its address for an answer is kept."""


class Problem(StrEnum):
    CLOSED = "closed"
    WRONG = "wrong"
    NO_STUDIO = "no-studio"
    OFFENSIVE = "offensive"
    SPAM = "spam"
    COPYRIGHT = "copyright"
    OTHER = "other"


LABELS = {
    Problem.CLOSED: "The studio has closed for good",
    Problem.WRONG: "Details are wrong",
    Problem.NO_STUDIO: "This is not a studio",
    Problem.OFFENSIVE: "Something is offensive",
    Problem.SPAM: "It is spam",
    Problem.COPYRIGHT: "It uses my words or pictures without permission",
    Problem.OTHER: "Something else",
}


def label_of(problem: str) -> str:
    """Also for a problem of another release, whose name is shown."""
    return LABELS[Problem(problem)] if problem in set(Problem) else problem
