"""How many small faults in what the promise rests on the tests notice: `make mutants`.

    python tools/mutants.py [--minutes 20] [--jobs 2] [--seed 1] [--after 0] [GROUP|module[:line] …]

Each fault of `mutations.py` is written into a copy of the tree, and those tests of `mutants.toml`
run there that reach its statement. A fault that fails one is killed. One at which the tests end too
late is killed only if the same tests, run without it right afterwards, end in a quarter of that
time; otherwise the machine is slow, and it is tried again. At the end all tests that killed a fault
run once more without one, and have to pass. When the time is up, the share is of what was tried
until then; each group gets its part of it.
"""

import argparse
import ast
import random
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.mutant_places import Ended, Place, Run, Waiting, load_packages  # noqa: E402
from tools.mutant_reach import Reach, measured_in  # noqa: E402
from tools.mutations import Mutant, mutants_of  # noqa: E402

GOAL = 0.9
STARTS_IN = 20
"""Seconds that the tests may need before the first one begins, on a machine with much to do."""
TIMES = 4


@dataclass(frozen=True)
class Group:
    """`equivalent`: by module, faults that no test can notice, as they are printed, and why."""

    name: str
    modules: list[str]
    tests: list[str]
    equivalent: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Score:
    killed: int = 0
    tried: int = 0
    of: int = 0
    undecided: int = 0
    killers: set[str] = field(default_factory=set)

    @property
    def share(self) -> float:
        return self.killed / self.tried if self.tried else 0.0


@dataclass(frozen=True)
class Trial:
    module: str
    mutant: Mutant
    tree: ast.Module


def groups() -> list[Group]:
    listed = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text(encoding="utf-8"))
    return [Group(name, **each) for name, each in listed.items()]


def chosen(words: list[str]) -> list[Group]:
    found = []
    for group in groups():
        modules = [each for each in group.modules if each in {word.split(":")[0] for word in words}]
        if not words or group.name in words or modules:
            found.append(replace(group, modules=modules or group.modules))
    return found


def trials_of(group: Group, asked: argparse.Namespace) -> list[Trial]:
    """In an order that the seed decides, so that another run can go on where one ended."""
    found = []
    for module in group.modules:
        text = (ROOT / module).read_text(encoding="utf-8")
        lines = {int(line) for line in lines_of(module, asked.what)}
        found += [
            Trial(module, mutant, ast.parse(text))
            for mutant in mutants_of(text)
            if (not lines or mutant.line in lines)
            and mutant.words not in group.equivalent.get(module, {})
        ]
    random.Random(asked.seed).shuffle(found)
    return found


def lines_of(module: str, words: list[str]) -> list[str]:
    return [word.split(":")[1] for word in words if word.startswith(f"{module}:")]


def at_once(waiting: Waiting) -> Ended:
    while True:
        try:
            next(waiting)
        except StopIteration as end:
            return end.value
        time.sleep(0.02)


def reach_of(group: Group, place: Place) -> Reach:
    """What its tests reach, without a fault. Raises SystemExit where they fail, or the quickest one
    of them in a process that imports everything.
    """
    require_passed(group, at_once(place.run(Run([], measured=group.modules), 1800)))
    reach = measured_in(place.folder)
    quickest = reach.in_order(set(reach.seconds))[:1]
    require_passed(group, at_once(place.run(Run(quickest, imports=True), 1800)))
    return reach


def require_passed(group: Group, result: Ended) -> None:
    if result.code:
        print(result.output[-3000:])
        raise SystemExit(f"The tests of {group.name} fail without any fault.")


def decided(trial: Trial, place: Place, reach: Reach) -> Generator[None, None, Ended | None]:
    """How its tests ended; None if the machine is too slow to say so."""
    tests = reach.tests_of(trial.module, trial.tree, trial.mutant.line)
    is_reached = reach.is_reached(trial.module, trial.tree, trial.mutant.line)
    faulty = Run(tests, trial.module, trial.mutant, imports=not is_reached)
    limit = TIMES * reach.lasts(tests) + STARTS_IN
    for _ in range(3):
        result = yield from place.run(faulty, limit)
        if not result.is_slow:
            return result
        plain = yield from place.run(Run(tests), TIMES * limit)
        if plain.code == 0 and plain.seconds <= limit / TIMES:
            return result
        limit = TIMES * max(plain.seconds, limit / TIMES)
    return None


def try_all(trials: list[Trial], places: list[Place], reach: Reach, until: float) -> Score:
    score, waiting = Score(of=len(trials)), iter(trials)
    busy: list[tuple[Generator[None, None, Ended | None], Trial, Place]] = []
    idle = list(places)
    while True:
        while idle and time.monotonic() < until and (trial := next(waiting, None)):
            place = idle.pop()
            busy.append((decided(trial, place, reach), trial, place))
        if not busy:
            return score
        for each in list(busy):
            try:
                next(each[0])
            except StopIteration as end:
                note(score, each[1], end.value)
                busy.remove(each)
                idle.append(each[2])
        time.sleep(0.02)


def note(score: Score, trial: Trial, result: Ended | None) -> None:
    if result is None:
        score.undecided += 1
        return
    is_killed = result.failed or result.code is None
    score.tried += 1
    score.killed += is_killed
    score.killers |= set(result.failed_tests())
    if not is_killed:
        print(f"  {trial.module}:{trial.mutant.line}  {trial.mutant.words}", flush=True)


def require_killers_pass(group: Group, score: Score, place: Place) -> None:
    """A test that fails without a fault as well has killed nothing. Raises SystemExit."""
    if score.killers:
        tests = sorted(score.killers)
        require_passed(group, at_once(place.run(Run(tests), 1800)))


def scores(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[Group, Score]]:
    places = [Place(folder / str(number)) for number in range(asked.jobs)]
    todo = [(group, trials_of(group, asked)[asked.after :]) for group in chosen(asked.what)]
    ends_at = time.monotonic() + asked.minutes * 60
    for at, (group, trials) in enumerate(todo):
        for place in places:
            place.serve(group.tests)
        reach = reach_of(group, places[0])
        rest = sum(len(each) for _, each in todo[at:]) or 1
        share = (ends_at - time.monotonic()) * len(trials) / rest
        score = try_all(trials, places, reach, time.monotonic() + share)
        require_killers_pass(group, score, places[0])
        yield group, score


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--after", type=int, default=0, help="leave out so many of each group")
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended before its time."))
    load_packages()
    total = Score()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for group, score in scores(asked, Path(folder)):
            print(sentence(group.name, score), flush=True)
            total.killed, total.tried = total.killed + score.killed, total.tried + score.tried
            total.of, total.undecided = total.of + score.of, total.undecided + score.undecided
    print(sentence("all", total))
    return 0 if total.tried and total.share >= GOAL else 1


def sentence(name: str, score: Score) -> str:
    undecided = f"; {score.undecided} undecided on a slow machine" if score.undecided else ""
    return (
        f"{name}: {score.killed} of {score.tried} killed ({score.share:.0%}); {score.of} in all"
        f"{undecided}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
