"""Which sets a studio is in: a token for each value that the table filters by."""

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

from portal.directory.folding import one_line
from portal.directory.words.letters import plain

EVERYBODY = ""
STATE, OWNER, FLAG, TYPE, CITY = "s=", "o=", "f=", "t=", "c="
REVIEWS, PICTURES, HOST = "r=", "p=", "h="
WORD, BEGINNING = "w=", "b="
DAY, MONTH, YEAR = "d=", "m=", "y="
LONGEST, LONGEST_KEY = 160, 80
SHORT = 4
"""Letters of a beginning that has a set of its own."""
MOST_WORDS = 40
_WORD = re.compile(r"[^\W_]+")


def city_token(city: str | None) -> str:
    return CITY + folded_line(city)[:LONGEST_KEY].strip()


def folded_line(text: str | None) -> str:
    """As texts are compared: “Łódź” and “lodz” are the same."""
    return one_line(plain(one_line(text)))


def words_of(text: str | None) -> list[str]:
    """Each once, as they are compared."""
    found = dict.fromkeys(_WORD.findall(folded_line(text)))
    return [each[:LONGEST_KEY] for each in list(found)[:MOST_WORDS]]


def word_tokens(word: str) -> Iterator[str]:
    """The sets of its beginnings, and of the word if it is longer than they are."""
    for length in range(1, min(SHORT, len(word)) + 1):
        yield BEGINNING + word[:length]
    if len(word) > SHORT:
        yield WORD + word


def host_of(address: str | None) -> str:
    """Without “www.”; empty where there is none."""
    text = one_line(address)
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".").removeprefix("www.")[: LONGEST - len(HOST)]


def day_tokens(day: date) -> tuple[str, str, str]:
    return f"{DAY}{day:%Y-%m-%d}", f"{MONTH}{day:%Y-%m}", f"{YEAR}{day:%Y}"
