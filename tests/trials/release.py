"""A release in processes of its own: one from the repository's history, and this one."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.releases.process import hear_interrupts
from tests.support.mail import free_port
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass
class Release:
    """Its code, and the settings under which all of its processes run."""

    code: Path
    data: Path
    settings: dict[str, str] = field(default_factory=dict)

    def env(self, **more: str) -> dict[str, str]:
        keep = {n: v for n, v in os.environ.items() if not n.startswith(("PORTAL_", "PYTEST"))}
        path = f"{BIN}{os.pathsep}{keep.get('PATH', '')}"
        return keep | {"PATH": path, "PORTAL_DATA": str(self.data)} | self.settings | more

    def flask(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["flask", *words],
            check=False,
            cwd=self.code,
            env=self.env(),
            capture_output=True,
            text=True,
            timeout=120,
        )

    @contextmanager
    def web(self) -> Iterator[str]:
        """Its site, until the block ends; the address."""
        port = free_port()
        with self._running(["gunicorn", "wsgi:app"], PORT=str(port)) as process:
            site = f"http://localhost:{port}"
            wait_until(lambda: process.poll() is not None or is_up(site))
            assert process.poll() is None, f"The site of {self.code} did not start."
            yield site

    @contextmanager
    def worker(self, **more: str) -> Iterator[None]:
        with self._running(["flask", "jobs", "work"], **more):
            yield

    @contextmanager
    def _running(self, words: list[str], **more: str) -> Iterator["subprocess.Popen[bytes]"]:
        with (self.data.parent / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                cwd=self.code,
                env=self.env(**more),
                stdout=log,
                stderr=log,
                preexec_fn=hear_interrupts,  # noqa: PLW1509 — no threads here
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def is_up(site: str) -> bool:
    try:
        with urllib.request.urlopen(f"{site}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def has_history(commit: str) -> bool:
    asked = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
    known = subprocess.run(asked, check=False, cwd=ROOT, capture_output=True)
    return known.returncode == 0


def code_of(commit: str, folder: Path) -> Path:
    """The repository as it was, in a folder of its own."""
    folder.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "x"], cwd=folder, input=packed.stdout, check=True)
    return folder
