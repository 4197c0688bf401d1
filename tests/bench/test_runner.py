"""`make bench` ends within its ten minutes only where each file has its share of them."""

from bench.__main__ import BUDGETS, FOLDER


def test_each_benchmark_has_a_share_of_the_time() -> None:
    assert sorted(BUDGETS) == sorted(each.stem for each in FOLDER.glob("bench_*.py"))
