"""SMTP step by step: each step changes what is known of the delivery (RFC 5321, 4.5.3.2)."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from portal.core.configuration.mail_url import MailRoute
from portal.emails.delivery.message_bytes import (
    Envelope,
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Temporary,
    envelope_of,
)

PATIENCE = 30.0
# Longer: a timeout while the server is processing leaves the outcome unknown.
PATIENCE_AT_THE_END = 300.0
NOT_LET_IN = "The server does not accept the user and password in MAIL_URL."
DOT = re.compile(rb"(?m)^\.")
KNOWN = (
    (TimeoutError, "The server took too long to answer."),
    (ConnectionRefusedError, "The server can't be reached (connection refused)."),
    (smtplib.SMTPServerDisconnected, "The connection to the server was lost."),
    (ConnectionError, "The connection to the server was lost."),
)
FAULTS = (smtplib.SMTPException, OSError, UnicodeError)


class SmtpTransport:
    """Implements `Transport`. One connection per letter; timeouts in seconds."""

    def __init__(
        self,
        route: MailRoute,
        *,
        patience: float = PATIENCE,
        patience_at_the_end: float = PATIENCE_AT_THE_END,
    ) -> None:
        self._route = route
        self._patience = patience
        self._patience_at_the_end = patience_at_the_end

    def deliver(self, letter: EmailMessage) -> str:
        envelope = envelope_of(letter)
        server = self._connect()
        try:
            _send_envelope(server, envelope)
            return self._send_data(server, envelope.content)
        finally:
            _quit(server)

    def _connect(self) -> smtplib.SMTP:
        """A failure here is never the message's fault: each one is Temporary."""
        try:
            server = self._open()
        except FAULTS as error:
            raise Temporary(_words(error)) from None
        try:
            self._log_in(server)
        except (*FAULTS, NotDelivered) as error:
            _quit(server)
            raise Temporary(_words(error)) from None
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        self._encrypt(server)
        if self._route.user is not None and self._route.password is not None:
            try:
                server.login(self._route.user, self._route.password)
            except smtplib.SMTPAuthenticationError as error:
                raise Temporary(f"{NOT_LET_IN} It said: {_words(error)}") from None

    def _open(self) -> smtplib.SMTP:
        route = self._route
        if not route.is_tls:
            return smtplib.SMTP(route.host, route.port, timeout=self._patience)
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(route.host, route.port, timeout=self._patience, context=context)

    def _encrypt(self, server: smtplib.SMTP) -> None:
        """STARTTLS if it is offered; Temporary if it is required and not offered."""
        if self._route.is_tls:
            return
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif self._route.must_encrypt:
            raise Temporary("The server offers no encryption, so nothing was handed to it.")

    def _send_data(self, server: smtplib.SMTP, content: bytes) -> str:
        """Send the letter and its end marker, without which no server accepts it; read the
        response.
        """
        ending = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        with _not_taken_yet():
            if server.sock:
                server.sock.settimeout(self._patience_at_the_end)
            server.send(DOT.sub(b"..", content))
        try:
            server.send(ending)
            code, said = server.getreply()
        except FAULTS as error:
            raise OutcomeUnknown(_words(error)) from None
        if 200 <= code < 300:
            return _answer(code, said)
        raise _refusal(code, said) if 400 <= code < 600 else OutcomeUnknown(_answer(code, said))


def _send_envelope(server: smtplib.SMTP, envelope: Envelope) -> None:
    """Send the sender, the recipient and the DATA command."""
    with _not_taken_yet():
        options = []
        if not envelope.recipient.isascii():
            if not server.has_extn("smtputf8"):
                raise Permanent(f"The server can't write to “{envelope.recipient}”.")
            options, server.command_encoding = ["SMTPUTF8"], "utf-8"
        _expect(2, server.mail(envelope.sender, options))
        _expect(2, server.rcpt(envelope.recipient))
        _expect(3, server.docmd("DATA"))


@contextmanager
def _not_taken_yet() -> Iterator[None]:
    try:
        yield
    except FAULTS as error:
        raise Temporary(_words(error)) from None


def _expect(first_digit: int, reply: tuple[int, bytes]) -> None:
    code, said = reply
    if code // 100 != first_digit:
        raise _refusal(code, said)


def _refusal(code: int, said: bytes) -> NotDelivered:
    kind = Permanent if 500 <= code < 600 else Temporary
    return kind(_answer(code, said))


def _answer(code: int, said: bytes) -> str:
    return f"{code} {said.decode('utf-8', 'replace')}".strip()


def _words(error: Exception) -> str:
    """What happened, for a person; the server's own response if there is one."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        said = said if isinstance(said, bytes) else str(said).encode()
        return _answer(error.smtp_code, said)
    if isinstance(error, NotDelivered):
        return error.answer
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The server's certificate can't be trusted ({error.verify_message})."
    causes = (error, error.__context__)
    known = (words for kind, words in KNOWN if any(isinstance(each, kind) for each in causes))
    return next(known, f"The server can't be reached ({error}).")


def _quit(server: smtplib.SMTP) -> None:
    """Send QUIT; the response no longer matters."""
    with suppress(*FAULTS):
        if server.sock:
            server.sock.settimeout(1.0)
        server.quit()
    server.close()
