"""A command at a real terminal: a pseudo-terminal that a test reads from and types into."""

import os
import pty
import re
import time

from portal.core.configuration.settings import Settings
from portal.jobs.processes import is_readable
from tests.support.commands import Forked

PATIENCE = 40.0
PHRASE = re.compile(r"Type ([A-Z-]+(?: [A-Z]+)+): $")


class Terminal:
    """`flask …` with a person in front of it."""

    def __init__(self, settings: Settings, *arguments: str, **variables: str) -> None:
        self.text = ""
        ours, theirs = pty.openpty()
        self._ours = ours
        self.process = Forked(
            *("flask", *arguments),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={"PORTAL_DATA": str(settings.data), "SECRET_KEY": "t", **variables},
            start_new_session=True,  # else it would ask for passwords at the terminal of the tests
        )
        os.close(theirs)

    def answer(self, prompt: str, text: str) -> None:
        """Wait for the prompt, then type the text and Enter.

        A prompt for a password throws away what was typed before its last character is shown.
        """
        self.wait_for(prompt)
        self.wait_for(": ")
        os.write(self._ours, f"{text}\n".encode())

    def answer_all(self, answers: list[tuple[str, str]]) -> int:
        """Answer each question when it is asked, to the end; returns the exit code.

        The first answer counts whose words are in the question; a phrase is typed as it is shown.
        """
        end, answered = time.monotonic() + PATIENCE, 0
        while self._read(end):
            asked = self.text[answered:]
            if asked.endswith(": "):
                phrase = PHRASE.search(asked)
                found = (text for words, text in answers if words in asked.splitlines()[-1])
                if text := phrase[1] if phrase else next(found, None):
                    os.write(self._ours, f"{text}\n".encode())
                    answered = len(self.text)
        os.close(self._ours)
        return self.process.wait(timeout=PATIENCE)

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + PATIENCE
        while words not in self.text:
            assert self._read(end), f"“{words}” never came: {self.text}"
        self.text = self.text.split(words, 1)[1]

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        os.close(self._ours)
        return self.process.wait(timeout=PATIENCE)

    def _read(self, end: float) -> bool:
        ready = is_readable(self._ours, max(0, end - time.monotonic()))
        try:
            chunk = os.read(self._ours, 65536) if ready else b""
        except OSError:  # the other end is closed
            return False
        self.text += chunk.decode(errors="replace")
        return bool(chunk)
