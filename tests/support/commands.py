"""Commands as a person runs them: in a process of their own, with an environment of their own.

Starting Python and importing everything takes a second or two, so most tests let a process that
has imported it already fork a child, which runs the command's own entry point.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALEMBIC_INI = str(ROOT / "migrations" / "directory" / "alembic.ini")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return (self.out + self.err).strip()

    @property
    def sentence(self) -> str:
        """What the command said when that is one line; asserts that it is."""
        assert "Traceback" not in self.said, self.said
        lines = self.said.splitlines()
        assert len(lines) == 1, self.said
        return lines[0]


def run(*words: str, env: Mapping[str, str]) -> Ended:
    """`run("flask", "db", "upgrade", env=…)`: the command's entry point in a forked child."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        wish = {"words": words, "env": dict(env), "out": str(out), "err": str(err)}
        asked, answers = _zygote().stdin, _zygote().stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps(wish) + "\n")
        asked.flush()
        return Ended(int(answers.readline()), out.read_text(), err.read_text())


def start(*words: str, env: Mapping[str, str], cwd: Path = ROOT) -> Ended:
    """The same in a fresh process, from its very beginning."""
    done = subprocess.run(
        [_program(words[0]), *words[1:]],
        env={"PATH": os.environ["PATH"], **env},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


@cache
def _zygote() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.zygote"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_stop, process)
    return process


def _stop(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=10)
