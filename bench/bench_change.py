"""From the second confirmation to “verified”, compared with `flask db upgrade` of the same change.

The change is an empty revision, so that only the overhead is measured: the worker's two operations
(the change with its check of the result, and *Verify*), each in its own process. The reference is
the same revision files with Flask-Migrate's own `env.py`, on a database without a guard. Both start
with the same rows. Each round has its own revision, which the product prepares (backup, rehearsal,
first confirmation) before the clock starts.

    python bench/bench_change.py [another checkout to measure]
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
from alembic.script import ScriptDirectory

from bench.ratios import header, line, machine, measure

ROOT = Path(__file__).resolve().parents[1]
FLASK = [sys.executable, "-m", "flask"]
GOAL = 3.0
STUDIOS = "50"
REVISION = '''"""Nothing.

Revision: {revision}
Follows: {before}
"""

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
phase = "expand"
upgrade_invariants: list[tuple[str, str, str]] = []
downgrade_invariants: list[tuple[str, str, str]] = []


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
'''
BARE = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///{file}"
Migrate(app, SQLAlchemy(app))
"""


class Product:
    """A copy of the product on disk, its worker, and a process that confirms."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.root = folder / "release"
        for name in ("portal", "migrations", "runbooks", "incidents", "bench", "tests"):
            of = ROOT if name in {"bench", "tests"} else source
            shutil.copytree(of / name, self.root / name)
        shutil.copy(source / "wsgi.py", self.root)
        data = str(folder / "data")
        self.env = {**_environment(), "PORTAL_DATA": data, "PYTHONPATH": str(self.root)}
        self.production = folder / "data" / "production.sqlite3"
        self.rounds = 0
        self.said: list[dict[str, Any]] = []
        _run([*FLASK, "portal", "setup", "--demo", "--studios", STUDIOS], self.root, self.env)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        worker = subprocess.Popen([*FLASK, "jobs", "work"], cwd=self.root, env=self.env)
        person = subprocess.Popen(
            [sys.executable, "-m", "bench.one_approval"],
            cwd=self.root,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._worker, self._person = worker, person
        try:
            yield
        finally:
            for process in (person, worker):
                process.terminate()
                process.wait()

    def change(self) -> float:
        self.rounds += 1
        add_revision(self.root / "migrations" / "directory", self.rounds)
        self._ask("prepare")
        self._wait_until_warm()
        self.said.append(said := self._ask("go"))
        return float(said["seconds"])

    def _ask(self, word: str) -> dict[str, Any]:
        assert self._person.stdin
        assert self._person.stdout
        print(word, file=self._person.stdin, flush=True)
        answer = self._person.stdout.readline()
        if not answer:
            raise SystemExit("Nobody confirms any more.")
        return dict(json.loads(answer))

    def _wait_until_warm(self) -> None:
        """An older release has no warm process, and is measured without it."""
        for _ in range(30):
            children = Path(f"/proc/{self._worker.pid}/task/{self._worker.pid}/children")
            names = [Path(f"/proc/{pid}/comm").read_text() for pid in children.read_text().split()]
            if "warm, waiting\n" in names:
                break
            time.sleep(0.1)


class Bare:
    """Plain Flask-Migrate, on a copy of production at the first revision."""

    def __init__(self, folder: Path, database: Path) -> None:
        self.root = folder / "bare"
        stock = Path(flask_migrate.__file__).parent / "templates" / "flask"
        shutil.copytree(ROOT / "migrations" / "directory" / "versions", self.root / "m/versions")
        shutil.copy(stock / "env.py", self.root / "m")
        shutil.copy(stock / "alembic.ini.mako", self.root / "m" / "alembic.ini")
        file = self.root / "bare.sqlite3"
        shutil.copy(database, file)
        (self.root / "app.py").write_text(BARE.format(file=file))
        self.env = {name: of for name, of in _environment().items() if name != "PYTHONPATH"}
        self.rounds = 0

    def change(self) -> float:
        self.rounds += 1
        add_revision(self.root / "m", self.rounds)
        started = time.perf_counter()
        _run([*FLASK, "db", "upgrade", "--directory", "m"], self.root, self.env)
        return time.perf_counter() - started


def add_revision(folder: Path, number: int) -> None:
    """Add a revision after the newest one."""
    text = REVISION.format(
        revision=f"empty{number}", before=ScriptDirectory(str(folder)).get_current_head()
    )
    (folder / "versions" / f"empty{number}_nothing.py").write_text(text)


def main() -> None:
    source = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    print(f"{machine()}; goal: times as long as the reference, at most\n{header()}")
    with tempfile.TemporaryDirectory() as name:
        product = Product(source, Path(name))
        bare = Bare(Path(name), product.production)
        with product.at_work():
            found = measure(product.change, bare.change)
        print(line("second confirmation to verified (SQLite)", found, goal=GOAL, at_most=True))
        _show_parts(product.said[1:])


def _show_parts(times: list[dict[str, Any]]) -> None:
    for part in (name for name in times[0] if name != "seconds"):
        each = sorted(one[part] for one in times)
        print(f"  {part:<42}{each[len(each) // 2] * 1000:>8.0f} ms")


def _environment() -> dict[str, str]:
    passing = {"PYTHONDONTWRITEBYTECODE", "FLASK_APP", "PORTAL_DATA"}
    return {name: value for name, value in os.environ.items() if name not in passing}


def _run(words: list[str], root: Path, env: dict[str, str]) -> None:
    """Raises if the command fails, so that a fault is not measured as a fast change."""
    ended = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {ended.returncode}: {ended.stderr}")


if __name__ == "__main__":
    main()
