"""A machine to try the guides on: this one's disk under a layer of its own that is thrown away.

It needs root and Linux: what is written goes into memory, processes have their own numbers, and all
of them end with the block. Packages really are installed. systemd is not there: `systemctl` is
`units.py`, which reads the same unit files.
"""

import os
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.jobs.processes import is_readable

HERE = Path(__file__).parent
LAYERS = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=0755 layers {folder}/layer
mkdir {folder}/layer/upper {folder}/layer/work
layers=lowerdir=/,upperdir={folder}/layer/upper,workdir={folder}/layer/work
mount -t overlay machine -o $layers {folder}/machine
mount -t proc proc {folder}/machine/proc
mount --rbind /dev {folder}/machine/dev
mount -t tmpfs -o mode=1777 tmp {folder}/machine/tmp
mount -t tmpfs -o mode=0755 run {folder}/machine/run
touch {folder}/ready
exec chroot {folder}/machine sleep infinity
"""
BORN_WITH = (
    "LANG",
    "TERM",
    "PIP_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
)
LONGEST = 600


class Failed(AssertionError):
    """A command of a guide that did not end with 0, with what it printed."""


@dataclass
class ScratchMachine:
    init: int
    root: Path

    def run(self, script: str, answers: Mapping[str, str] | None = None) -> str:
        """What `script` prints at a terminal, where each prompt that is a key gets its answer.

        A prompt ends with a space: what is typed before is lost where a password is asked for.

        Raises Failed if a line of it fails, or waits for an answer that is not there.
        """
        words = ["nsenter", f"--target={self.init}", "--mount", "--pid", "--root", "--wdns=/"]
        ran, printed = at_a_terminal(
            [*words, "bash", "-euo", "pipefail", "-c", script], answers or {}
        )
        if ran:
            raise Failed(f"{script}\nended with {ran}:\n{printed}")
        return printed

    def write(self, path: str, text: str) -> None:
        """Replace a file's text, keeping its owner and mode."""
        self.run(f"cat > {path} <<'END-OF-FILE'\n{text.rstrip()}\nEND-OF-FILE")

    def read(self, path: str) -> str:
        return self.run(f"cat {path}").replace("\r\n", "\n")

    def take(self, file: Path, path: str) -> None:
        """Copy a file from the real machine."""
        with file.open("rb") as source:
            words = ["nsenter", f"--target={self.init}", "--mount", "--root", "--wdns=/"]
            subprocess.run([*words, "sh", "-c", f"cat > {path}"], stdin=source, check=True)


@contextmanager
def scratch_machine() -> Iterator[ScratchMachine]:
    if why := missing():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="machine-"))
    for name in ("layer", "machine"):
        (folder / name).mkdir()
    dies = ["setpriv", "--pdeathsig=KILL"]
    words = [*dies, "unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c"]
    process = subprocess.Popen([*words, LAYERS.format(folder=folder)], env=environment())
    try:
        machine = ScratchMachine(first_process(process, folder), folder / "machine")
        machine.take(HERE / "units.py", "/usr/local/sbin/systemctl")
        machine.run("chmod 755 /usr/local/sbin/systemctl")
        yield machine
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def missing() -> str:
    if os.geteuid() != 0:
        return "A scratch machine needs root."
    needed = ("unshare", "nsenter", "chroot", "apt-get", "setpriv")
    gone = [each for each in needed if not shutil.which(each)]
    return f"A scratch machine needs {', '.join(gone)}." if gone else ""


def environment() -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if n.upper().startswith(BORN_WITH)}
    return kept | {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def first_process(unshare: "subprocess.Popen[bytes]", folder: Path) -> int:
    """The number, seen from here, of the process that holds the machine."""
    until = time.monotonic() + 10
    while not (folder / "ready").exists():
        assert unshare.poll() is None, "The scratch machine could not be made."
        assert time.monotonic() < until
        time.sleep(0.05)
    children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()
    return int(children[0])


def at_a_terminal(words: list[str], answers: Mapping[str, str]) -> tuple[int, str]:
    """Exit status and output of a command that has a terminal to ask at."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(words[0], words, environment() | {"TERM": "dumb", "COLUMNS": "200"})  # noqa: S606
    printed, asked, until = "", 0, time.monotonic() + LONGEST
    while chunk := _read(terminal, until):
        printed += chunk
        question = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed[asked:])
        for prompt, answer in answers.items():
            if question.endswith(f"{prompt} "):
                asked = len(printed)
                os.write(terminal, f"{answer}\n".encode())
                break
    os.close(terminal)
    with suppress(ProcessLookupError):
        if time.monotonic() >= until:
            os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), printed


def _read(terminal: int, until: float) -> str:
    if not is_readable(terminal, max(0.0, until - time.monotonic())):
        return ""
    try:
        return os.read(terminal, 65_536).decode(errors="replace")
    except OSError:  # the other side is closed
        return ""
