"""A mail server that is a process of its own, so that it can be killed at a chosen moment.

What it takes lies in its folder, one file a letter, and is still there after its end. It stops at
a moment while a file of that name stands in the folder, and marks that it has `reached` it.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.commands import Forked
from tests.support.waiting import wait_until

IN_THE_LETTER, AFTER_THE_LETTER = "in-the-letter", "after-the-letter"
SMALL = 4096  # bytes of a letter that wait in the kernel for the server to read them


class MailProcess:
    """Starts on the same port each time."""

    def __init__(self, folder: Path) -> None:
        (folder / "taken").mkdir(parents=True)
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.process: Forked | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=desk@studios.example"

    @property
    def recipients(self) -> list[str]:
        """For whom a letter was taken, in order."""
        return [file.read_text() for file in sorted((self.folder / "taken").iterdir())]

    def start(self) -> None:
        words = ("-m", "tests.support.mail_process", str(self.port), str(self.folder))
        self.process = Forked(*words, env=os.environ)
        wait_until(self._answers)

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)

    @contextmanager
    def killed(self, moment: str) -> Iterator[None]:
        """Whoever hands over a letter in here loses the server at that moment."""
        (self.folder / moment).touch()
        killer = threading.Thread(target=self._kill_when_reached)
        killer.start()
        yield
        killer.join()
        (self.folder / moment).unlink()
        (self.folder / "reached").unlink()

    def _kill_when_reached(self) -> None:
        wait_until((self.folder / "reached").exists)
        self.kill()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Handler:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(  # noqa: N802 — the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        taken = self.folder / "taken"
        number = len(list(taken.iterdir()))
        (taken / f"{number:04}").write_text(",".join(envelope.rcpt_tos))
        await stop_at(AFTER_THE_LETTER, self.folder)
        return "250 Taken"


class Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 — the name is aiosmtpd's
        if (self.event_handler.folder / IN_THE_LETTER).exists():
            await self.push("354 Go on")
            await self._reader.readexactly(SMALL)
            await stop_at(IN_THE_LETTER, self.event_handler.folder)
        await super().smtp_DATA(arg)


async def stop_at(moment: str, folder: Path) -> None:
    if (folder / moment).exists():
        (folder / "reached").touch()
        await asyncio.Event().wait()


async def serve(port: int, folder: Path) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        listener.bind(("127.0.0.1", port))
        loop = asyncio.get_running_loop()
        make: Any = partial(Server, Handler(folder), loop=loop)
        server = await loop.create_server(make, sock=listener)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
