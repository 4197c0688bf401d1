"""Nine slow previews at once at the real servers: a public page is answered as before."""

import time
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.stack import Stack
from tests.journeys.test_previews import author_at
from tests.support.previewing import SLOW, Author

pytestmark = pytest.mark.timeout(300)

#: Seconds that a public page may take here, and how many times what it takes without the previews.
#: What it takes on a quiet machine is measured by bench/bench_previews.py.
GENEROUS, TIMES = 4.0, 5


def test_nine_slow_previews_hold_up_no_public_page(stack: Stack) -> None:
    author = author_at(stack)
    usual = max(public_page(stack) for _ in range(3))
    with ThreadPoolExecutor(9) as threads:
        asked = [threads.submit(author.preview, f"{SLOW}\n{n}", page=f"{n:016}") for n in range(9)]
        taken = [public_page(stack) for _ in range(20)]
        answers = [each.result() for each in asked]
    take_back(author, range(1, 9))
    assert max(taken) < max(GENEROUS, TIMES * usual), taken
    assert {answer.status for answer in answers} == {202}
    made = author.wait_for(answers[0])
    assert made.status == 200
    assert "This text is shown as it was written" in made.text


def take_back(author: Author, pages: Iterable[int]) -> None:
    """What still waits: of one page only the newest text does, and that is quick to make."""
    for number in pages:
        author.preview("# Quick\n", page=f"{number:016}")


def public_page(stack: Stack) -> float:
    began = time.monotonic()
    with urllib.request.urlopen(f"{stack.development}/studios", timeout=60) as answer:
        answer.read()
    time.sleep(0.1)
    return time.monotonic() - began
