"""A copy of the tree where tests run against one fault at a time, in a process of their own."""

import contextlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from select import select

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.mutant_reach import Chosen  # noqa: E402
from tools.mutant_server import Serving, is_inside  # noqa: E402
from tools.mutations import Mutant  # noqa: E402

OUTPUT = "mutants.log"
QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *QUIET)
FAILED = {1, 2, 3, 4}
"""How pytest ends when a test fails, or what it needs can't be imported; a signal is no answer."""


@dataclass(frozen=True)
class Ended:
    """How a run of tests ended; `code` is None where it was ended, as its time was up."""

    code: int | None
    seconds: float
    output: str

    @property
    def failed(self) -> bool:
        return self.code in FAILED

    @property
    def is_slow(self) -> bool:
        """Whether it, or one of its tests, ran out of time: which a slow machine may explain."""
        return self.code is None or (self.failed and "from pytest-timeout" in self.output)

    def failed_tests(self) -> list[str]:
        lines = (each.split(" ", 1) for each in self.output.splitlines())
        found = [rest for word, *rest in lines if word in ("FAILED", "ERROR")]
        return [rest[0].split(" - ")[0] for rest in found if rest]


@dataclass(frozen=True)
class Run:
    """Tests by name, in order (all if there are none), and the fault that is in the module.

    `measured`: modules of which it is noted which lines each test runs. `imports`: the fault may
    only show where the module is imported, so it is imported with it.
    """

    tests: list[str]
    module: str = ""
    mutant: Mutant | None = None
    measured: list[str] = field(default_factory=list)
    imports: bool = False


Waiting = Generator[None, None, Ended]


class Place:
    """A copy of the tree, and a process that has collected these files of tests there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder if folder.exists() else copy_tree(folder)
        self.files: list[str] = []
        self._writes = 0
        self._server = 0

    def serve(self, files: list[str]) -> None:
        """Collect these. Raises SystemExit if they can't be."""
        self.end()
        self.files = files
        (asked, self._ask), (self._hear, answers) = os.pipe(), os.pipe()
        self._server = os.fork()
        if self._server == 0:
            os.close(self._ask), os.close(self._hear)
            plugin = Serving(self.folder, os.fdopen(asked), os.fdopen(answers, "w"))
            run_tests(self.folder, files, plugin)
        os.close(asked), os.close(answers)
        if not self._answer():
            raise SystemExit(self.output()[-3000:])

    def end(self) -> None:
        if self._server:
            os.close(self._ask), os.close(self._hear)
            os.waitpid(self._server, 0)
            self._server = 0

    def run(self, run: Run, limit: float) -> Waiting:
        """Yields while it runs, and leaves the copy as it was."""
        text = (ROOT / run.module).read_text(encoding="utf-8") if run.mutant else ""
        if run.mutant:
            self._write(run.module, run.mutant.text)
        started = time.monotonic()
        if run.imports or (run.mutant and not is_inside(text, run.mutant.text)):
            code = yield from self._run_imported(run, started + limit)
        else:
            code = yield from self._run_served(run, text, started + limit)
        if run.mutant:
            self._write(run.module, text)
        return Ended(code, time.monotonic() - started, self.output())

    def _run_imported(self, run: Run, ends_at: float) -> Generator[None, None, int | None]:
        child = os.fork()
        if child == 0:
            files = list(dict.fromkeys(test.split("::")[0] for test in run.tests))
            run_tests(self.folder, files or self.files, Chosen(run.tests))
        return (yield from ended(child, ends_at))

    def _run_served(self, run: Run, text: str, ends_at: float) -> Generator[None, None, int | None]:
        new = run.mutant.text if run.mutant else ""
        asked = {"tests": run.tests, "module": run.module, "measured": run.measured}
        os.write(self._ask, f"{json.dumps({**asked, 'old': text, 'text': new})}\n".encode())
        child = json.loads(self._answer())
        while not select([self._hear], [], [], 0)[0]:
            if time.monotonic() > ends_at:
                kill_group(child)
                self._answer()
                return None
            yield
        kill_group(child)
        return int(json.loads(self._answer()))

    def _answer(self) -> bytes:
        """One line, and nothing of the next one; empty if the process has ended."""
        line = b""
        while not line.endswith(b"\n") and (found := os.read(self._hear, 1)):
            line += found
        return line

    def output(self) -> str:
        return (self.folder / OUTPUT).read_text(encoding="utf-8", errors="replace")

    def _write(self, module: str, text: str) -> None:
        """With a time of its own, so that nothing compiled before passes for it."""
        self._writes += 1
        file = self.folder / module
        file.write_text(text, encoding="utf-8")
        os.utime(file, (self._writes, self._writes))


def kill_group(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def ended(child: int, ends_at: float) -> Generator[None, None, int | None]:
    """The exit code, once there is one; None for what had to be ended."""
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid or time.monotonic() > ends_at:
            break
        yield
    kill_group(child)
    if not pid:
        os.waitpid(child, 0)
    shutil.rmtree(Path("/dev/shm") / f"talkback-tests-{child}", ignore_errors=True)
    return os.waitstatus_to_exitcode(status) if pid else None


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


def run_tests(folder: Path, files: list[str], plugin: object) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.chdir(folder)
    sys.path[:] = [str(folder), *(each for each in sys.path if each not in ("", str(ROOT)))]
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    output = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.dup2(output, 1), os.dup2(output, 2)
    code = 3
    try:
        import pytest  # noqa: PLC0415

        code = int(pytest.main([*OPTIONS, *files], plugins=[plugin]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)


def load_packages() -> None:
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
