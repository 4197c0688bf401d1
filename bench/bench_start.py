"""The start-up cost of a process, compared with importing the third-party packages.

Processor seconds, in fresh processes that take turns; their bytecode is cached in a folder that the
first round fills, so that none of them compiles anything. Then the process of an operation, forked
from the warm process, and the memory of both.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from bench.ratios import ROUNDS, Ratio, Timed, header, line, machine, measure, ratio_of
from portal.core.configuration.settings import load_settings
from portal.jobs.worker.warm import WarmProcess

ROOT = Path(__file__).resolve().parents[1]
FLASK = [sys.executable, "-m", "flask"]
JOB = [*FLASK, "jobs", "execute", "1", "--worker", "1"]
"""Ends when it looks for its worker, just before the first line of a job."""
GIVEN = "import flask, flask_sqlalchemy, flask_migrate, flask_login, wtforms, markdown, gunicorn"

#: What is measured, its exit code, and the permitted multiple of the packages' time.
STARTS: dict[str, tuple[list[str], int, float | None]] = {
    "flask --help": ([*FLASK, "--help"], 0, 1.5),
    "flask jobs execute, to its operation": (JOB, 1, None),
    "flask databases status": ([*FLASK, "databases", "status"], 0, None),
    "flask databases check": ([*FLASK, "databases", "check"], 0, None),
    "the web (import wsgi)": ([sys.executable, "-c", "import wsgi"], 0, None),
}


def main() -> None:
    print(f"{machine()}; goal: times as long as the packages, at most\n{header()}")
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        run([*FLASK, "portal", "setup", "--studios", "20"], env, 0)
        given = seconds_of([sys.executable, "-c", GIVEN], env, 0)
        for what, found in measured(env, given).items():
            print(line(what, found, goal=STARTS[what][2], at_most=True), flush=True)
        measure_warm(env, given)


def measured(env: dict[str, str], given: Timed) -> dict[str, Ratio]:
    """Interleaved with a process that imports the packages; the first round is a warm-up."""
    pairs: dict[str, list[tuple[float, float]]] = {what: [] for what in STARTS}
    for number in range(ROUNDS + 1):
        reference = given()
        for what, (words, code, _) in STARTS.items():
            took = seconds_of(words, env, code)()
            if number:
                pairs[what].append((took, reference))
    return {what: ratio_of(found) for what, found in pairs.items()}


def measure_warm(env: dict[str, str], given: Timed) -> None:
    os.environ.update(env)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(ROOT)
    warm = WarmProcess([sys.executable, "-m", "portal.warm"], load_settings(env))
    warm.maintain()
    [process] = psutil.Process().children()
    while process.name() != "warm, waiting":
        time.sleep(0.05)
    try:
        found = measure(forked_seconds(warm), given, rounds=ROUNDS)
        print(line("flask jobs execute, from the warm process", found, at_most=True), flush=True)
        memory = process.memory_full_info()
        print(f"the warm process: {memory.rss >> 20} MB, {memory.uss >> 20} MB of them its own")
    finally:
        warm.end()


def forked_seconds(warm: WarmProcess) -> Timed:
    """Processor seconds of the forked process, which ends as `JOB` does."""

    def timed() -> float:
        before, output = os.times(), os.open(os.devnull, os.O_WRONLY)
        process = warm.fork(JOB[2:], output, name="operation 1")
        os.close(output)
        if process is None or process.wait() != 1:
            raise SystemExit("The warm process did not carry it out.")
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])

    return timed


def environment(folder: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    data, bytecode = str(folder / "data"), str(folder / "bytecode")
    return {**ours, "PORTAL_DATA": data, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONPATH": str(ROOT)}


def seconds_of(words: Sequence[str], env: dict[str, str], code: int) -> Timed:
    def timed() -> float:
        before = os.times()
        run(words, env, code)
        after = os.times()
        return (after.children_user - before.children_user) + (
            after.children_system - before.children_system
        )

    return timed


def run(words: Sequence[str], env: dict[str, str], code: int) -> None:
    """Raises for an unexpected exit code, so that a fault is not measured as a fast start."""
    ended = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if ended.returncode != code:
        raise SystemExit(f"{' '.join(words)} ended with {ended.returncode}: {ended.stderr}")


if __name__ == "__main__":
    main()
