"""Parses a sentence about the status of an incident; in doubt it is not resolved.

A sentence is parsed clause by clause. A clause means resolved only if it contains a word for it and
otherwise only words that are known not to change its meaning: a negation, a part, a future, another
language or an unlisted word makes it not understood. The other clauses must not negate it. So “Site
fully operational, additional safeguards in place” is resolved, and “Not yet fixed”, “90% restored”,
“Restored for some users” and “Operational, except for search” are not.
"""

import re
import unicodedata
from enum import Enum

from portal.incidents.parsing.status_lists import (
    DOUBT,
    HARMLESS,
    NEGATIONS,
    NOUNS,
    OVER,
    PHRASES,
    PROGRESS,
)
from portal.incidents.parsing.vocabulary import Status

#: Maximum length of a sentence that is parsed; a longer one does not state a status.
_LONGEST = 400
_STRUCK = re.compile(
    r"~~(?:(?!~~).)*(?:~~|$)|<(s|del|strike)\b[^>]*>.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)",
    re.I | re.S,
)
_BOX = re.compile(r"\[\s*\]")
_TICKED = re.compile(r"\[x\]")
_CLAUSES = re.compile(r"[.,;:!()\[\]{}|\n\u2013\u2014\u2026]+|\s-+\s|(?<=\w)/(?=\w)")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
#: Days, times and durations: they say when or how long.
_WHEN = re.compile(
    rf"\b\d{{4}}-\d\d?-\d\d?\b|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}\b(?:,? \d{{4}}\b)?"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?"
    r"|\b\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]m| ?z)?\b"
    r"|\b(?:in |for )?\d{1,4}(?:[.,]\d{1,2})? ?(?:min|minutes?|mins|h|hours?|hrs?|days?)\b"
)
_PERCENT = re.compile(r"\d\s*(?:%|percent\b|per cent\b)")
_WHOLE = re.compile(r"(?<![\d.,])100\s*(?:%|percent\b|per cent\b)")
#: “Operational issues”, “complete outage”: here the word describes a noun and not the status.
_NAMES_A_KIND = re.compile(
    rf"\b(?:complete|operational|closed|done)\s+(?:{'|'.join(sorted(NOUNS))})\b"
)
_ASKS = re.compile(
    r"\s*(?:is|are|was|were|has|have)\s+(?:it|this|that|the|all|everything|our|your)\b"
)
_CLOSED_THING = re.compile(r"\b(?:site|store|shop|portal|service|system|network|access|page)s?\b")
_ISSUES = r"(?:issues?|problems?|incidents?)"
_NO_ISSUES = re.compile(
    r"\b(?:no|zero)(?:\s+(?:more|ongoing|open|known|current|further|remaining|active|and"
    rf"|outstanding))*\s+{_ISSUES}\b(?:\s+(?:remaining|remains?|known)\b)?"
)
#: Additional information, and how it was resolved.
_BESIDE = re.compile(
    r"\b(?:with )?(?:no|without)(?: any)? (?:(?:data|further|customer) )*(?:loss(?:es)?|impact)\b"
    r"|\b(?:by|with|via|after) (?:an? |the )?(?:roll-?back|rolling back|revert|reverting|restart"
    r"|restarting|hotfix|patch|deployment|release|provider|vendor|team)\b"
)
_GOOD_SIGNS = frozenset("✅✔☑✓🟢💚👍🎉🎊")


class _Meaning(Enum):
    NOTHING = "nothing"
    OVER = "over"
    DOUBT = "doubt"


def status_in(text: str) -> Status | None:
    """The status in a sentence such as “Site fully operational”; None if it was not understood."""
    text = _plain(text)
    clauses = [clause for clause in _CLAUSES.split(text) if clause.strip()]
    said = [_clause(clause) for clause in clauses]
    if progress := next((each for each in said if isinstance(each, Status)), None):
        return progress
    if _Meaning.DOUBT in said or _is_doubtful(text):
        return None
    return Status.RESOLVED if _Meaning.OVER in said else None


def unstruck(text: str) -> str:
    """The text without strikethrough and comments."""
    return _STRUCK.sub(" ", text)


def _plain(text: str) -> str:
    """Normalised lower-case text; empty if it is too long for a status."""
    if len(text) > _LONGEST:
        return ""
    text = unicodedata.normalize("NFKC", unstruck(text)).replace("\u2019", "'")
    text = "".join(" " if unicodedata.category(c) in {"Cf", "Mn"} else c for c in text).casefold()
    text = " ".join(text.split())
    for pattern, word in PHRASES:
        text = re.sub(pattern, word, text)
    return _BESIDE.sub(" ", _WHEN.sub(" ", _TICKED.sub(" ", text))).strip()


def _is_doubtful(text: str) -> bool:
    """Whether it has a question, an empty box, a partial percentage, a sign such as ❌, or another
    script.
    """
    return (
        "?" in text
        or bool(_BOX.search(text))
        or bool(_PERCENT.search(_WHOLE.sub(" ", text)))
        or any(_is_strange(each) for each in text if not each.isascii())
    )


def _is_strange(letter: str) -> bool:
    if letter.isalpha():
        return not unicodedata.name(letter, "").startswith("LATIN")
    return unicodedata.category(letter) == "So" and letter not in _GOOD_SIGNS


def _clause(text: str) -> Status | _Meaning:
    rest = _NO_ISSUES.sub(" ", text)
    words = set(_WORD.findall(_WHOLE.sub(" ", rest)))
    if rest != text:
        return _Meaning.OVER if words <= HARMLESS else _Meaning.DOUBT
    progress = next((kind for kind, names in PROGRESS.items() if names & words), None)
    if progress:
        return _Meaning.DOUBT if _negates(words, NEGATIONS) else progress
    if words & OVER:
        return _Meaning.OVER if _means_resolved(text, words) else _Meaning.DOUBT
    is_a_stray_word = len(words) == 1 and not words <= HARMLESS
    return _Meaning.DOUBT if is_a_stray_word or _negates(words, DOUBT) else _Meaning.NOTHING


def _means_resolved(text: str, words: set[str]) -> bool:
    closed_down = "closed" in words and _CLOSED_THING.search(text)
    means_another_thing = _NAMES_A_KIND.search(text) or _ASKS.search(text) or closed_down
    return words <= HARMLESS | OVER and not means_another_thing


def _negates(words: set[str], signs: frozenset[str]) -> bool:
    parts = {part for word in words for part in word.split("-")}
    return bool((words | parts) & signs) or any(word.endswith("n't") for word in words)
