"""What a benchmark says: counted right, and a goal that was missed is called missed."""

from pathlib import Path

import pytest

from bench import __main__ as runner
from bench.load.browser import NO_ANSWER, UNFINISHED, Book, Sample
from bench.load.half import Served
from bench.load.judging import answers, memory, served, times, work
from bench.load.people import KINDS, ROOM
from bench.load.places import Place
from bench.load.watch import Look, Watch
from bench.ratios import Ratio, line, measure, unmeasured


def test_rounds_are_interleaved_and_the_first_of_each_only_warms_up() -> None:
    order: list[str] = []
    ours, theirs = iter([9.0, 4, 4, 8, 4, 4]), iter([9.0, 1, 2, 1, 3, 1])

    def product() -> float:
        order.append("product")
        return next(ours)

    def reference() -> float:
        order.append("reference")
        return next(theirs)

    found = measure(product, reference)
    assert order == ["product", "reference"] * 6
    assert found.rounds == [0.25, 0.5, 0.125, 0.75, 0.25]
    assert (found.median, found.seconds, found.reference) == (0.25, 4, 1)


@pytest.mark.parametrize(
    ("rounds", "goal", "at_most", "verdict"),
    [
        ([0.5] * 5, 0.5, False, "met"),
        ([0.9, 0.9, 0.49, 0.1, 0.1], 0.5, False, "MISSED"),
        ([0.5] * 5, 2, True, "met"),
        ([0.5] * 5, 1.9, True, "MISSED"),
        ([0.9] * 4, 0.5, False, "not judged: 4 of 5 rounds"),
        ([float("nan")] * 5, 0.5, False, "MISSED"),
        ([float("nan")] * 5, 0.5, True, "MISSED"),
    ],
)
def test_a_goal_that_was_missed_is_called_so(
    rounds: list[float], goal: float, at_most: bool, verdict: str
) -> None:
    said = line("a page", Ratio(rounds, 0.001, 0.002), goal=goal, at_most=at_most)
    assert said.endswith(f"  {verdict}")


def test_what_could_not_be_measured_is_no_goal_met() -> None:
    assert unmeasured("/ 304", "the answer has no ETag").endswith("  MISSED")


def test_a_file_that_fails_or_hangs_is_said_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bench"
    folder.mkdir()
    for name, text in {
        "bench_breaks": "raise SystemExit(3)",
        "bench_hangs": "import time; print('begun'); time.sleep(60)",
        "bench_late": "print('a page  0.5  ≥ 0.5  met'); print('another  MISSED')",
    }.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(runner, "FOLDER", folder)
    monkeypatch.setattr(runner, "BUDGETS", {"bench_breaks": 1, "bench_hangs": 0.5})
    monkeypatch.setattr("sys.argv", ["bench", "--minutes", str(21.5 / 60)])
    assert runner.main() == 1
    said = capsys.readouterr().out
    assert "FAILED: bench_breaks ended with 3" in said
    assert "FAILED: bench_hangs took longer than its" in said
    assert "1 of 3 files" in said
    assert "1 goals met, 1 missed, 0 not judged" in said


def test_a_load_that_failed_in_any_way_is_called_missed() -> None:
    book = Book()
    book.samples = [
        *(Sample(kind, 200, 0, 0.1) for kind in KINDS for _ in range(98)),
        *(Sample(KINDS[0], 503, 0, 0.1), Sample(KINDS[0], NO_ANSWER, 0, 0.1)),
        *(Sample(KINDS[1], UNFINISHED, 0, 9.0) for _ in range(9)),
        *(Sample(KINDS[1], 200, 0, 0.1, path) for path in ROOM for _ in range(95)),
        *(Sample(KINDS[1], 200, 0, 1.2, ROOM[1]) for _ in range(6)),
    ]
    book.samples = [each for each in book.samples if each.kind != KINDS[-1]]
    book.fault("a step: answered 409")
    missed = {each.what.strip() for each in answers(book) if each.met is False}
    assert missed == {"answers 5xx", "requests without an answer", "a step: answered 409"}
    late = {each.what for each in times(book, _watched([])) if each.met is False}
    assert late == {
        "the load maker wakes late",  # nobody looked
        f"{KINDS[1]}, seconds",
        f"{KINDS[-1]}, seconds",
        f"{ROOM[1]}, seconds",  # 6 of 101 took longer than a second
    }
    healthy = Served("nobody beside it", 20, 0, 0.01, 0.02, 0)
    hungry = Served("half heads", 20, 1, 0.01, 0.02, 200)
    slow = Served("half bodies", 20, 0, 0.01, 1.2, 200)
    assert [each.met for each in served([healthy, hungry, slow])] == [True, False, False]
    assert [each.met for each in work(100, ours=9.0, theirs=40.0, seconds=20)] == [None, True]
    assert [each.met for each in work(100, ours=11.0, theirs=40.0, seconds=20)] == [None, False]


def test_memory_that_grew_and_a_process_that_went_are_called_missed() -> None:
    looks = [
        Look(float(at), {"web, a": 100 + at, "web, b": 100, "worker": 100 * (1 + at)}, {}, 0, 0)
        for at in range(0, 301, 10)
    ]
    looks[-8:] = [Look(x.at, {"web, a": x.memory["web, a"]}, {}, 0, 0) for x in looks[-8:]]
    said = {each.what: each.met for each in memory(looks, 300)}
    assert said == {"memory, web, a": False, "memory, web, b": False, "memory, worker": False}
    assert [each.met for each in memory([], 300)] == [False]


def _watched(lags: list[float]) -> Watch:
    place = Place("sqlite", "guide", None, None, Path(), [], {}, None)  # type: ignore[arg-type]
    return Watch(place, lags=lags)
