"""How many small faults in what the promise rests on the tests notice: `make mutants`.

    python tools/mutants.py [--minutes 20] [--jobs 2] [--seed 1] [GROUP or module …]

Each fault of `mutations.py` is written into a copy of the tree, and the tests that
`mutants.toml` names for it run there. A fault that fails a test, or that never ends, is killed.
When the time is up, the share is of what was tried until then; each group gets its part of it.
"""

import argparse
import contextlib
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.mutations import Mutant, mutants_of  # noqa: E402

GOAL = 0.9
SAID = "mutants.log"
QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *QUIET)


@dataclass(frozen=True)
class Group:
    name: str
    modules: list[str]
    tests: list[str]


@dataclass
class Score:
    killed: int = 0
    tried: int = 0
    of: int = 0
    survivors: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.killed / self.tried if self.tried else 0.0


@dataclass(frozen=True)
class Trial:
    group: Group
    module: str
    mutant: Mutant | None


def groups() -> list[Group]:
    told = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text(encoding="utf-8"))
    return [Group(name, **each) for name, each in told.items()]


def chosen(words: list[str]) -> list[Group]:
    found = []
    for group in groups():
        modules = [each for each in group.modules if each in words]
        if not words or group.name in words or modules:
            found.append(Group(group.name, modules or group.modules, group.tests))
    return found


def trials_of(group: Group, seed: int) -> list[Trial]:
    found = [
        Trial(group, module, mutant)
        for module in group.modules
        for mutant in mutants_of((ROOT / module).read_text(encoding="utf-8"))
    ]
    random.Random(seed).shuffle(found)
    return found


def copy_tree(folder: Path) -> Path:
    """The tracked files as they are now, and new ones."""
    words = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


class Place:
    """A copy of the tree in which one fault at a time is tried, by a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = copy_tree(folder)
        self.child = 0
        self.trial: Trial | None = None
        self.ends_at = 0.0
        self._writes = 0

    def begin(self, trial: Trial, patience: float) -> None:
        self.trial = trial
        if trial.mutant:
            self._write(trial.module, trial.mutant.text)
        self.ends_at = time.monotonic() + patience
        self.child = os.fork()
        if self.child == 0:
            run_tests(self.folder, trial.group.tests)

    def ended(self) -> int | None:
        """The exit code, once there is one; 1 for what had to be ended."""
        child, status = os.waitpid(self.child, os.WNOHANG)
        if child:
            code = os.waitstatus_to_exitcode(status)
        elif time.monotonic() > self.ends_at:
            code = 1
        else:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child, signal.SIGKILL)
        if not child:
            os.waitpid(self.child, 0)
        shutil.rmtree(Path("/dev/shm") / f"talkback-tests-{self.child}", ignore_errors=True)
        return code

    def put_back(self) -> None:
        if self.trial and self.trial.mutant:
            self._write(self.trial.module, (ROOT / self.trial.module).read_text(encoding="utf-8"))
        self.trial = None

    def _write(self, module: str, text: str) -> None:
        """With a time of its own, so that nothing compiled before passes for it."""
        self._writes += 1
        file = self.folder / module
        file.write_text(text, encoding="utf-8")
        os.utime(file, (self._writes, self._writes))


def run_tests(folder: Path, tests: list[str]) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.chdir(folder)
    sys.path[:] = [str(folder), *(each for each in sys.path if each not in ("", str(ROOT)))]
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    said = os.open(folder / SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1), os.dup2(said, 2)
    code = 3
    try:
        import pytest  # noqa: PLC0415

        code = int(pytest.main([*OPTIONS, *tests]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)


def load_what_others_made() -> None:
    """What the product and its tests import of other packages, once for all children."""
    probe = (
        "import sys; sys.path.insert(0, '.');"
        "import pytest, hypothesis, portal.app, tests.conftest, tests.support.cast;"
        "print(*[m for m in sys.modules if not m.startswith(('portal', 'tests', '_', 'wsgi'))])"
    )
    words = [sys.executable, "-c", probe]
    names = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.split():
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def seconds_of_baseline(group: Group, place: Place) -> float:
    """How long its tests take without a fault. Raises SystemExit where they fail."""
    started = time.monotonic()
    place.begin(Trial(group, group.modules[0], None), 600)
    while (code := place.ended()) is None:
        time.sleep(0.05)
    if code:
        print((place.folder / SAID).read_text(encoding="utf-8", errors="replace")[-3000:])
        raise SystemExit(f"The tests of {group.name} fail without any fault.")
    return time.monotonic() - started


def try_all(trials: list[Trial], places: list[Place], patience: float, until: float) -> Score:
    score, waiting = Score(of=len(trials)), iter(trials)
    busy: list[Place] = []
    idle = list(places)
    while True:
        while idle and time.monotonic() < until and (trial := next(waiting, None)):
            idle[-1].begin(trial, patience)
            busy.append(idle.pop())
        if not busy:
            return score
        for place in list(busy):
            if (code := place.ended()) is not None:
                note(score, place.trial, code)
                place.put_back()
                busy.remove(place)
                idle.append(place)
        time.sleep(0.02)


def note(score: Score, trial: Trial | None, code: int) -> None:
    if trial is None or trial.mutant is None:
        return
    score.tried += 1
    score.killed += code != 0
    if code == 0:
        score.survivors.append(f"  {trial.module}:{trial.mutant.line}  {trial.mutant.words}")


def scores(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[Group, Score]]:
    places = [Place(folder / str(number)) for number in range(asked.jobs)]
    todo = [(group, trials_of(group, asked.seed)) for group in chosen(asked.what)]
    ends_at = time.monotonic() + asked.minutes * 60
    for at, (group, trials) in enumerate(todo):
        baseline = seconds_of_baseline(group, places[0])
        rest = sum(len(each) for _, each in todo[at:]) or 1
        share = (ends_at - time.monotonic()) * len(trials) / rest
        until = time.monotonic() + share
        yield group, try_all(trials, places, 4 * baseline + 20, until)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended before its time."))
    load_what_others_made()
    total = Score()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for group, score in scores(asked, Path(folder)):
            print(sentence(group.name, score), *sorted(score.survivors), sep="\n", flush=True)
            total.killed, total.tried = total.killed + score.killed, total.tried + score.tried
            total.of += score.of
    print(sentence("all", total))
    return 0 if total.tried and total.share >= GOAL else 1


def sentence(name: str, score: Score) -> str:
    return f"{name}: {score.killed} of {score.tried} killed ({score.share:.0%}); {score.of} in all"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
