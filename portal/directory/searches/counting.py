"""Counts in this process's memory, written by a background thread at most once a minute.

So a public page never waits for the ops database. Unwritten counts are lost when a process ends.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock, Timer

from portal.core.clock import now
from portal.directory.places.postcodes import district_of
from portal.directory.search.find import Results
from portal.directory.search.location import Fault, Location
from portal.directory.searches.models import LONGEST, Kind
from portal.directory.words import normal, query_terms

# This number of results or fewer is few.
FEW = 2
PAUSE_SECONDS = 60
# The most distinct words in memory; more in a minute are not from people.
MOST = 1000
# It may be a telephone number, also behind letters.
LONG_NUMBER = re.compile(r"\d{5}")

Key = tuple[date, Kind, str]


@dataclass
class Counts:
    counts: Counter[Key] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    is_due: bool = False

    def add(self, keys: list[Key], *, later: Callable[[], None] | None) -> None:
        """`later` is called once, a minute after the first of the counts that it then takes."""
        with self.lock:
            for key in keys:
                if key in self.counts or len(self.counts) < MOST:
                    self.counts[key] += 1
            if not self.counts or self.is_due or later is None:
                return
            self.is_due = True
        timer = Timer(PAUSE_SECONDS, later)
        timer.daemon = True
        timer.start()

    def take(self) -> Counter[Key]:
        with self.lock:
            self.is_due = False
            taken, self.counts = self.counts, Counter()
            return taken

    def give_back(self, taken: Counter[Key]) -> None:
        """As many words as memory may hold; the newest go first."""
        with self.lock:
            self.counts = Counter(dict(list((taken + self.counts).items())[:MOST]))


counts = Counts()


def count_few_results(results: Results, *, later: Callable[[], None] | None) -> bool:
    """Count the words and place of a search's first page if it has few results. Returns whether it
    did."""
    if results.page.total > FEW or results.wish.page != 1 or results.wish.is_deep:
        return False
    day = now().date()
    counts.add([(day, kind, word) for kind, word in _asked(results)], later=later)
    return True


def _asked(results: Results) -> list[tuple[Kind, str]]:
    if results.where.fault:
        place = normal(_unknown_place(results.where))
        return [(Kind.PLACE, place)] if 0 < len(place) <= LONGEST else []
    typed = (part.typed for part in query_terms(results.wish.q).required)
    return [(Kind.WORD, word) for word in dict.fromkeys(typed) if _may_be_counted(word)]


def _unknown_place(where: Location) -> str:
    """Without the half of a postcode that tells a street; nothing that may be a street address, a
    telephone number or a mail address."""
    if where.fault is Fault.UNKNOWN_POSTCODE:
        return district_of(where.name)
    is_personal = "@" in where.name or any(map(str.isdecimal, where.name))
    return where.name if where.fault is Fault.UNKNOWN_PLACE and not is_personal else ""


def _may_be_counted(word: str) -> bool:
    return len(word) <= LONGEST and not LONG_NUMBER.search(word)
