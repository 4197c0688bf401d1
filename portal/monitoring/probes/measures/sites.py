"""Measurements of a site at its public address: its home page, `/readyz`, its certificate."""

import errno
import http.client
import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from portal.core.clock import now
from portal.monitoring.probes.measures.fetch import (
    FAULTS,
    Answer,
    Deadline,
    ElsewhereError,
    connected,
    fetch,
)
from portal.monitoring.probes.measures.finding import Finding, failed, inconclusive, passed

MAINTENANCE = 'class="narrow unavailable"'
"""In the page that visitors get while a directory can't be served."""
FEWEST_DAYS = 7
NO_NETWORK = {errno.ENETUNREACH, errno.ENETDOWN}
UNREADABLE = "The connection ended without an answer that can be read."
KNOWN = (
    (ConnectionRefusedError, "The connection was refused."),
    (ssl.SSLError, "No encrypted connection could be made."),
    (socket.gaierror, "The name of the site does not exist."),
    (ConnectionError, UNREADABLE),
    (http.client.HTTPException, UNREADABLE),
)


def measure_home(address: str, seconds: float) -> Finding:
    """Status 200 for the home page, and not the maintenance page."""
    answer = _answer(urljoin(address, "/"), seconds)
    if isinstance(answer, Finding):
        return answer
    if answer.status != 200:
        return failed(f"The home page answers {answer.status}{_meaning(answer.status)}.")
    if MAINTENANCE in answer.body:
        return failed("The home page is the maintenance page, with status 200.")
    return passed("The home page answers 200.")


def measure_ready(address: str, seconds: float) -> Finding:
    """`/readyz` says whether the process can serve its directory, and why not."""
    answer = _answer(urljoin(address, "/readyz"), seconds)
    if isinstance(answer, Finding):
        return answer
    lines = answer.body.splitlines() or [""]
    if answer.status == 200 and lines[0] == "ok":
        return passed("It is ready to serve.")
    if answer.status == 503:
        return failed(lines[0] or "It answers 503.")
    return failed(f"/readyz answers {answer.status}, which does not say that it is ready.")


def measure_certificate(address: str, seconds: float) -> Finding:
    """Trusted, for this name, and valid for a week at least."""
    deadline = Deadline(seconds)
    try:
        with connected(urlsplit(address), deadline) as sock:
            facts: dict[str, Any] = (
                (sock.getpeercert() or {}) if isinstance(sock, ssl.SSLSocket) else {}
            )
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(facts["notAfter"]), UTC)
    except KeyError:
        return failed("The certificate does not say until when it is valid.")
    except FAULTS as error:
        return _fault(error, seconds)
    left = ends - now()
    days = "1 day" if left // timedelta(days=1) == 1 else f"{left // timedelta(days=1)} days"
    sentence = f"The certificate is valid for {days}, until {ends:%Y-%m-%d %H:%M} UTC."
    return passed(sentence) if left >= timedelta(days=FEWEST_DAYS) else failed(sentence)


def _answer(address: str, seconds: float) -> Answer | Finding:
    try:
        return fetch(address, Deadline(seconds))
    except FAULTS as error:
        return _fault(error, seconds)


def _fault(error: Exception, seconds: float) -> Finding:
    """A failure, except where this machine has no network: that says nothing of the site."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return inconclusive("The name of the site could not be looked up from this machine.")
    if isinstance(error, OSError) and error.errno in NO_NETWORK:
        return inconclusive("This machine has no network connection to the site.")
    return failed(_words(error, seconds))


def _words(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"No answer within {seconds:g} s."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate can’t be trusted: {error.verify_message}."
    if isinstance(error, ElsewhereError):
        return str(error)
    known = (words for kind, words in KNOWN if isinstance(error, kind))
    return next(known, f"The site can’t be reached: {type(error).__name__}.")


def _meaning(status: int) -> str:
    meaning = http.client.responses.get(status)
    return f" ({meaning})" if meaning else ""
