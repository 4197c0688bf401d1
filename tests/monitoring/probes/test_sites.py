"""What a site answers to the worker's own requests, and what that says of it."""

import socket
import threading
import time
from unittest import mock

import pytest

from portal.monitoring.probes.measures import machine, registry, sites
from portal.monitoring.probes.models import ProbeKind, ProbeOutcome
from portal.monitoring.probes.plan import Planned
from tests.monitoring.sites import answering, site
from tests.support.certificates import authority  # noqa: F401 — a fixture
from tests.support.mail import free_port

PASSED, FAILED, INCONCLUSIVE = ProbeOutcome


def measured(kind: ProbeKind, address: str, seconds: float = 3.0) -> tuple[ProbeOutcome, str]:
    found = registry.measure(Planned(kind, "production", address=address), seconds)
    return found.outcome, found.sentence


HOMES = {
    "well": (answering(), PASSED, "The home page answers 200."),
    "503": (
        answering(status="503 No"),
        FAILED,
        "The home page answers 503 (Service Unavailable).",
    ),
    "maintenance, with 200": (
        answering('<div class="narrow unavailable"><h1>We’ll be back shortly</h1></div>'),
        FAILED,
        "The home page is the maintenance page, with status 200.",
    ),
    "elsewhere": (
        answering(status="302 Found", Location="http://elsewhere.invalid/"),
        FAILED,
        "It redirects to another host, elsewhere.invalid.",
    ),
    "another port": (
        answering(status="302 Found", Location="http://localhost:1/"),
        FAILED,
        "It redirects to another host, localhost.",
    ),
    "a file": (answering(status="302 Found", Location="file:///etc/passwd"), FAILED, "another"),
    "in circles": (
        answering(status="301 Moved", Location="/"),
        FAILED,
        "It redirects more than 3 times.",
    ),
    "nonsense": (lambda sock, _: sock.sendall(b"\x00nonsense\r\n\r\n"), FAILED, "can be read"),
    "nothing": (lambda _sock, _: None, FAILED, "The connection ended without an answer"),
}


@pytest.mark.parametrize("kind", HOMES)
def test_a_home_page(kind):
    reply, outcome, sentence = HOMES[kind]
    with site(reply) as there:
        found = measured(ProbeKind.HOME, there.address)
        assert found[0] is outcome
        assert sentence in found[1]
        head = there.asked[0]
        assert "User-Agent: Talkback-Probe/1" in head
        assert "cookie" not in head.lower()


def test_the_maintenance_page_of_the_product_has_its_mark(app):
    with app.test_request_context("/"):
        page = app.jinja_env.get_template("maintenance.html").render(sentence="x")
    assert sites.MAINTENANCE in page


def test_a_redirect_on_the_same_host_is_followed():
    def reply(sock: socket.socket, asked: str) -> None:
        moved = answering(status="302 Found", Location="/studios")
        (moved if asked.startswith("GET / ") else answering())(sock, asked)

    with site(reply) as there:
        assert measured(ProbeKind.HOME, there.address)[0] is PASSED
        assert [head.split()[1] for head in there.asked] == ["/", "/studios"]


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_the_time_out_is_for_the_whole_answer(how):
    with site() as there:
        there.reply = getattr(there, how)
        began = time.monotonic()
        assert measured(ProbeKind.HOME, there.address, 0.3) == (FAILED, "No answer within 0.3 s.")
        assert time.monotonic() - began < 3


def test_a_body_without_end_is_read_up_to_a_limit():
    def reply(sock: socket.socket, _asked: str) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(b"x" * 65536)

    with site(reply) as there:
        assert measured(ProbeKind.HOME, there.address)[0] is PASSED


def test_ready_says_why_not_with_the_first_line_of_the_answer():
    with site(answering("ok\n")) as there:
        assert measured(ProbeKind.READY, there.address)[0] is PASSED
        there.reply = answering("A reason.\x1b[31m\nmore\n", status="503 No")
        assert measured(ProbeKind.READY, there.address) == (FAILED, "A reason. [31m")
        there.reply = answering("<h1>Hello</h1>")
        assert measured(ProbeKind.READY, there.address)[0] is FAILED


def test_nobody_listens():
    address = f"http://localhost:{free_port()}"
    assert measured(ProbeKind.HOME, address) == (FAILED, "The connection was refused.")


def test_a_failure_is_inconclusive_while_the_machine_cant_reach_itself():
    address = f"http://localhost:{free_port()}"
    with mock.patch.object(machine, "loopback_fault", return_value="no answer"):
        outcome, sentence = measured(ProbeKind.HOME, address)
        assert (outcome, sentence) == (
            INCONCLUSIVE,
            "Not known, since this machine can’t reach itself: no answer.",
        )
        assert registry.timed_out(ProbeKind.HOME, 5).outcome is INCONCLUSIVE
        assert registry.timed_out(ProbeKind.DISK, 5).outcome is FAILED
        assert machine.measure_machine().outcome is FAILED
        with site() as there:
            assert measured(ProbeKind.HOME, there.address)[0] is PASSED
    assert machine.measure_machine().outcome is PASSED


@pytest.mark.parametrize(
    "error", [socket.gaierror(socket.EAI_AGAIN, "later"), OSError(101, "unreachable")]
)
def test_a_machine_without_a_network_says_nothing_of_a_site(error):
    with mock.patch.object(socket, "getaddrinfo", side_effect=error):
        found = sites.measure_home("http://site.example", 1)
    assert found.outcome is INCONCLUSIVE


def test_a_name_that_is_looked_up_for_too_long_says_nothing_of_a_site():
    release = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        release.wait(5)
        return []

    with mock.patch.object(socket, "getaddrinfo", side_effect=slow):
        found = sites.measure_home("http://site.example", 0.2)
        release.set()
    assert found.outcome is INCONCLUSIVE


def test_certificates(authority, monkeypatch):  # noqa: F811
    with site(context=authority.context_for("DNS:localhost")) as there:
        outcome, sentence = measured(ProbeKind.CERTIFICATE, there.address)
        assert (outcome, "can’t be trusted" in sentence) == (FAILED, True)
        assert measured(ProbeKind.HOME, there.address)[0] is FAILED
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert measured(ProbeKind.HOME, there.address)[0] is PASSED
        outcome, sentence = measured(ProbeKind.CERTIFICATE, there.address)
        assert outcome is FAILED  # it is valid for less than a week
        assert sentence.startswith("The certificate is valid for 1 day, until ")
        monkeypatch.setattr(sites, "FEWEST_DAYS", 1)
        assert measured(ProbeKind.CERTIFICATE, there.address)[0] is PASSED
    with site(context=authority.context_for("DNS:other.example")) as there:
        outcome, sentence = measured(ProbeKind.CERTIFICATE, there.address)
        assert (outcome, "can’t be trusted" in sentence) == (FAILED, True)
        there.reply = there.hang
    with site() as plain:
        plain.reply = plain.hang
        address = plain.address.replace("http:", "https:")
        assert measured(ProbeKind.CERTIFICATE, address, 0.3)[1] == "No answer within 0.3 s."
