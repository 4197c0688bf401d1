"""A guide's commands, read from the page itself and carried out as its reader would."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM

from portal.core.configuration.settings import ROOT, load_settings
from tests.databases.terminal import Terminal
from tests.support.commands import Forked

Answers = list[tuple[str, str]]
HEADING = re.compile(r"^#{2,3} (.+)$")


def commands_of(page: str) -> dict[str, list[str]]:
    """The lines of each section's `sh` blocks, without their comments."""
    found: dict[str, list[str]] = {}
    heading, inside = "", False
    for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
        if inside and line != "```":
            found.setdefault(heading, []).append(line.split("  #")[0].strip())
        elif named := HEADING.match(line):
            heading = named[1]
        inside = line == "```sh" or (inside and line != "```")
    return found


class Reader:
    """Somebody at the machine, with the variables of its processes, who answers what is asked."""

    def __init__(self, env: Mapping[str, str], folder: Path, answers: Answers) -> None:
        self.env, self.folder, self.answers = dict(env), folder, answers
        self.names: dict[str, str] = {}
        self.lasting: list[Forked | subprocess.Popen[bytes]] = []

    def does(self, line: str) -> tuple[int, str]:
        """Carry out one line; its exit code, and what a command of the product said."""
        for name, value in self.names.items():
            line = re.sub(rf"\b{name}\b", value, line)
        if line.startswith("flask jobs work"):
            self.lasting.append(Forked(*shlex.split(line), env=self.env))
        elif line.startswith("flask "):
            words = shlex.split(line.replace("$PORTAL_DATA", self.env["PORTAL_DATA"]))
            terminal = Terminal(load_settings(self.env), *words[1:], **self.env)
            return terminal.answer_all(self.answers), terminal.text
        elif "gunicorn" in line:
            self.lasting.append(self._shell(f"exec env {line}"))
        elif line.startswith("export "):
            return int(line.split()[1].split("=")[0] not in self.env), ""
        else:
            return self._shell(line).wait(timeout=60), ""
        return 0, ""

    def ends(self) -> None:
        for process in self.lasting:
            process.send_signal(SIGKILL if isinstance(process, Forked) else SIGTERM)
            process.wait(timeout=30)

    def _shell(self, line: str) -> "subprocess.Popen[bytes]":
        programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        env = {"PATH": programs, "PYTHONPATH": str(ROOT), **self.env}
        return subprocess.Popen(["bash", "-ec", line], env=env, cwd=self.folder)
