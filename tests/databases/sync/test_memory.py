"""What a sync remembers of rows that went by stops growing, however many come."""

import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from portal.databases.sync import fakes as fakes_module
from portal.databases.sync import leak_scan as scan_module
from portal.databases.sync import source_values as known_module
from portal.databases.sync.columns import kept_values as kept_module
from portal.databases.sync.columns.kept_values import kept
from portal.databases.sync.columns.rules import Rule, Treatment
from portal.databases.sync.fakes import Fakes
from portal.databases.sync.leak_scan import LeakScan
from portal.databases.sync.source_values import SourceValues

AT_ONCE = 400
MOST = 200 * 1024
#: What it remembers at most, a tenth of what it does in life, so that fewer values tell.
LIMITS = [
    (known_module, "_AT_ONCE", 2_000),
    (known_module, "_REMEMBERED", 2_000),
    (fakes_module, "CACHED", 2_000),
    (scan_module, "REMEMBERED", 2_000),
    (kept_module, "REMEMBERED", 500),
]
BEGAN = datetime(2000, 1, 1, tzinfo=UTC)


def word(number: int) -> str:
    letters = "".join(chr(ord("a") + int(each)) for each in f"{number:08}")
    return f"{letters}q"


@pytest.fixture(autouse=True)
def _a_tenth(monkeypatch):
    for module, name, most in LIMITS:
        assert getattr(module, name) == most * 10
        monkeypatch.setattr(module, name, most)


def test_three_times_the_values_take_no_more_memory(tmp_path):
    """All different, as in times and names; of the hashes, which lie in a file, only a few."""
    times = [kept("time") for _ in range(2)]
    with closing(SourceValues(tmp_path)) as known:
        fakes, look = Fakes(b"key", lambda _word: False), LeakScan(known, words=True)
        faked = {"name": Rule(Treatment.FAKE, kind="name")}

        def learn(batch: int) -> None:
            numbers = range(batch * AT_ONCE, (batch + 1) * AT_ONCE)
            known.add(*map(word, numbers))
            moments = [f"{BEGAN + timedelta(seconds=each):%Y-%m-%d %H:%M:%S}" for each in numbers]
            assert all(each.fits(moments) for each in times)

        def use(batch: int) -> None:
            made = [word(batch * AT_ONCE + each) for each in range(10**7, 10**7 + AT_ONCE)]
            for each in made:
                fakes.word(each)
            look.at("users", faked, [made])

        assert grown(learn) < MOST
        known.finish()
        assert grown(use) < MOST


def grown(does) -> int:
    """By how much the peak is higher than that of a first third."""
    tracemalloc.start()
    peaks = []
    for batches in (range(7), range(7, 20)):
        tracemalloc.reset_peak()
        for batch in batches:
            does(batch)
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    return peaks[1] - peaks[0]
