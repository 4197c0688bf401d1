"""A mail server on this machine, messages to hand to it, and their letters."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.accounts.models import Contact, Organisation
from portal.audit.actor import NamedActor
from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.outbox import queue_message
from portal.emails.delivery.sending import ClaimedMessage, take
from portal.emails.models import Mailing, Message

ANA = NamedActor(id=1, name="ana", role="admin")


class MailServer:
    """What it took, and how it answers: `rcpt` and `data` are taken from the front, once each.

    An answer is a line, "abort" (the connection breaks) or a number of seconds to wait.
    """

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.rcpt: list[str | float] = []
        self.data: list[str | float] = []
        self.hold = threading.Event()
        self.hold.set()
        self.port = free_port()

    async def handle_RCPT(  # noqa: N802 — the name is aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        answer = await self._next(server, self.rcpt, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 — the name is aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = await self._next(server, self.data, "250 Taken as 4711")
        if answer.startswith("250"):
            self.taken.append(envelope)
        while not self.hold.is_set():
            await asyncio.sleep(0.01)
        return answer

    async def _next(self, server: SMTP, answers: list[str | float], otherwise: str) -> str:
        answer = answers.pop(0) if answers else otherwise
        if answer == "abort":
            server.transport.abort()
        if isinstance(answer, str):
            return answer
        await asyncio.sleep(answer)
        return otherwise

    @contextmanager
    def running(self, **options: Any) -> Iterator["MailServer"]:
        controller = Controller(self, "127.0.0.1", self.port, **options)
        controller.start()
        try:
            yield self
        finally:
            self.hold.set()
            controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=desk@studios.example"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


SLUG = "2025-12-16-outage"
REPORT = "---\naudience: clients\n---\n# The outage\n\nIt is over.\n"
BODY = "Hi,\n\n.a line that begins with a dot\n\nÜber alles."


def make_message(name: str = "Cleo", *, update_key: str = "first", body: str = BODY) -> Message:
    """A draft for a contact of its own organisation, in a mailing of its own. Commits."""
    put_report()
    organisation = Organisation(slug=f"org-{name.lower()}", name=f"{name}'s")
    contact = Contact(
        organisation=organisation,
        name=name,
        email=f"{name.lower()}@client.example",
        salutation=name,
    )
    message = Message(
        mailing=make_mailing(update_key),
        contact=contact,
        to_name=contact.name,
        to_address=contact.email,
        subject="The outage is over – what we know",
        body=body,
    )
    db.session.add(message)
    db.session.commit()
    return message


def put_report(text: str = REPORT, *, data: Path | None = None) -> None:
    """The report that the messages are about, as it was published in the browser."""
    file = (data or settings().data) / "documents" / "incidents" / f"{SLUG}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def make_mailing(update_key: str = "first") -> Mailing:
    return Mailing(
        incident=SLUG,
        report_sha256="0" * 64,
        template="outage",
        template_sha256="0" * 64,
        update_key=update_key,
        created_by="ana",
    )


def letter_for(message: Message, **changed: str) -> EmailMessage:
    """What the message looks like as a letter; `changed` are headers."""
    letter = EmailMessage()
    headers = {
        "From": "Studio Directory <desk@studios.example>",
        "To": f"{message.to_name} <{message.to_address}>",
        "Subject": message.subject,
    }
    for header, value in {**headers, **changed}.items():
        letter[header] = value
    letter.set_content(message.body)
    letter.add_alternative(f"<p>{message.body}</p>", subtype="html")
    return letter


def approve(message: Message) -> Message:
    """Let it leave, as ana. Commits."""
    queue_message(message, letter=letter_for(message), seen_hash=content_hash(message), by=ANA)
    db.session.commit()
    return message


def waiting_message(name: str = "Cleo", *, update_key: str = "first", body: str = BODY) -> Message:
    return approve(make_message(name, update_key=update_key, body=body))


def take_now(message: Message) -> ClaimedMessage:
    """Claim it as a worker does, which never holds the database meanwhile."""
    message_id = message.id
    db.session.rollback()
    taken = take(message_id)
    assert taken
    return taken


@contextmanager
def broken_server() -> Iterator[int]:
    """A port where whoever connects is hung up on, without a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_hang_up, args=(listener,), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def _hang_up(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            listener.accept()[0].close()
