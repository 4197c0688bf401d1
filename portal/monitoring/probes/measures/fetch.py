"""One HTTP request as a visitor makes it, within a time for the whole of it.

No cookie is sent, the body is read up to a limit, and redirects are followed on the same host only.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, Queue
from urllib.parse import SplitResult, urljoin, urlsplit

USER_AGENT = "Talkback-Probe/1"
LARGEST, REDIRECTS = 256 * 1024, 3
HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html, text/plain;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
    "Connection": "close",
}
MOVED = {301, 302, 303, 307, 308}
PORTS = {"http": 80, "https": 443}
FAULTS = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


class ElsewhereError(ValueError):
    """It redirects to another host, or without end."""


class Deadline:
    """The moment by which everything has to be done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds. Raises TimeoutError if there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._at


def fetch(address: str, deadline: Deadline) -> Answer:
    """Raises one of FAULTS; TimeoutError if the whole took too long."""
    first = urlsplit(address)
    for _ in range(REDIRECTS + 1):
        answer, location = _request(urlsplit(address), deadline)
        if answer.status not in MOVED or not location:
            return answer
        address = urljoin(address, location)
        if not is_same_host(first, urlsplit(address)):
            raise ElsewhereError(f"It redirects to another host, {urlsplit(address).hostname}.")
    raise ElsewhereError(f"It redirects more than {REDIRECTS} times.")


def is_same_host(one: SplitResult, other: SplitResult) -> bool:
    """From http to https on the standard ports is the same host."""
    if other.scheme not in PORTS or one.hostname != other.hostname:
        return False
    ports = [each.port or PORTS[each.scheme] for each in (one, other)]
    return ports[0] == ports[1] or ports == [PORTS["http"], PORTS["https"]]


def _request(url: SplitResult, deadline: Deadline) -> tuple[Answer, str | None]:
    with connected(url, deadline) as sock:
        connection = http.client.HTTPConnection(url.hostname or "", _explicit_port(url))
        connection.sock = sock
        path = f"{url.path or '/'}{f'?{url.query}' if url.query else ''}"
        try:
            connection.request("GET", path, headers={**HEADERS, "Host": url.netloc})
            response = connection.getresponse()
            body = response.read(LARGEST)
        except Exception:
            if deadline.is_over:  # the socket was closed because of that
                raise TimeoutError from None
            raise
    if deadline.is_over:
        raise TimeoutError
    text = body.decode("utf-8", "replace")
    return Answer(response.status, text), response.getheader("Location")


def _explicit_port(url: SplitResult) -> int:
    return url.port or PORTS[url.scheme]


@contextmanager
def connected(url: SplitResult, deadline: Deadline) -> Iterator[socket.socket]:
    """A connection, with TLS for https. It is closed when the time is over, whatever is read."""
    plain = _connect(url, deadline)
    sock: socket.socket = plain
    if url.scheme == "https":
        context = ssl.create_default_context()
        sock = context.wrap_socket(
            plain, server_hostname=url.hostname, do_handshake_on_connect=False
        )
    alarm = threading.Timer(deadline.left, _shut, [sock])
    alarm.daemon = True
    alarm.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            _shake_hands(sock, deadline)
        yield sock
    finally:
        alarm.cancel()
        sock.close()


def _connect(url: SplitResult, deadline: Deadline) -> socket.socket:
    """Each address of the host gets its part of the time, so that one of them may be silent."""
    found = look_up(url.hostname or "", _explicit_port(url), deadline)
    for number, address in enumerate(found):
        try:
            return socket.create_connection(address, deadline.left / (len(found) - number))
        except OSError:
            if number == len(found) - 1:
                raise
    raise socket.gaierror(socket.EAI_NONAME, "no address")


def look_up(host: str, port: int, deadline: Deadline) -> list[tuple[str, int]]:
    """In a thread, as the system's resolver knows no time-out. No answer of it in time is
    EAI_AGAIN: it says nothing of the site."""
    answers: Queue[list[tuple[str, int]] | OSError] = Queue(1)

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(str(each[4][0]), port) for each in found])
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else socket.gaierror(str(error)))

    threading.Thread(target=ask, name="look up", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left * 0.9)
    except Empty:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer in time") from None
    if isinstance(answer, OSError):
        raise answer
    return list(dict.fromkeys(answer))


def _shake_hands(sock: ssl.SSLSocket, deadline: Deadline) -> None:
    try:
        sock.do_handshake()
    except ssl.SSLCertVerificationError:
        raise
    except OSError:
        if deadline.is_over:
            raise TimeoutError from None
        raise


def _shut(sock: socket.socket) -> None:
    """Ends a read in another thread. On the socket itself: TLS has no part in it."""
    with suppress(OSError, ValueError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
