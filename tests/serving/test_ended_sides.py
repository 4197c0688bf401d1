"""A client that ends its side of the connection: what was whole is answered, what wasn't is not."""

import socket
import time

import pytest

from tests.support.line import Line, seconds_for
from tests.support.waiting import wait_until

HOST = "Host: localhost\r\n"
SLOW = f"GET /slow?0.4 HTTP/1.1\r\n{HOST}\r\n"
UNFINISHED = 400, b"The request ended before it was whole.\n"
FORM = f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 3\r\n\r\n"


CASES = {
    "one": (SLOW, [(200, b"here")]),
    "a body": (f"{FORM}abc", [(200, b"POST 3 3 abc")]),
    "several": (f"{SLOW}{FORM}abc{SLOW}", [(200, b"here"), (200, b"POST 3 3 abc"), (200, b"here")]),
    "of HTTP/1.0": (SLOW.replace("1.1", "1.0"), [(200, b"here")]),
    "half a head": ("GET / HT", [UNFINISHED]),
    "half a body": (f"{FORM}a", [UNFINISHED]),
    "half chunks": (
        FORM.replace("Content-Length: 3", "Transfer-Encoding: chunked") + "3\r\nabc\r\n",
        [UNFINISHED],
    ),
    "one and a half": (f"{SLOW}{FORM}a", [(200, b"here"), UNFINISHED]),
    "nothing": ("", []),
}


def ended(port: int, sent: str) -> Line:
    line = Line(port, sent)
    line.socket.shutdown(socket.SHUT_WR)
    return line


def finals(line: Line) -> list[tuple[int, bytes]]:
    """All answers until the end of the connection, without those that announce another."""
    said = []
    while (answer := line.answer()).status:
        if answer.status != 100:
            said.append((answer.status, answer.body))
    return said


@pytest.mark.parametrize(("sent", "answers"), CASES.values(), ids=CASES)
def test_what_was_whole_is_answered_and_the_connection_ends(small, sent, answers) -> None:
    began = time.monotonic()
    with ended(small, sent) as line:
        assert finals(line) == answers
    assert time.monotonic() - began < 2.5, "a clock ended it"


def test_the_request_of_a_client_that_left_altogether_is_dropped(small, tmp_path) -> None:
    """It looks like one that ended its side, and keeps nobody from a thread."""
    mark = tmp_path / "mark"
    busy = [Line(small, f"GET /slow?0.8 HTTP/1.1\r\n{HOST}\r\n") for _ in range(2)]
    time.sleep(0.1)
    left = Line(small, f"GET /mark?{mark} HTTP/1.1\r\n{HOST}\r\n")
    left.socket.close()
    assert [line.answer().status for line in busy] == [200, 200]
    time.sleep(0.5)
    assert not mark.exists()


def test_a_client_of_one_side_holds_nothing_when_it_is_gone(small) -> None:
    lines = [ended(small, f"GET /slow?0.1 HTTP/1.1\r\n{HOST}\r\n") for _ in range(4)]
    for line in lines:
        line.socket.close()
    wait_until(lambda: seconds_for(small, "/") < 1)


def test_a_request_names_its_host(small) -> None:
    """RFC 9112, 3.2; machines that speak HTTP/1.0 need none."""
    with Line(small, "GET / HTTP/1.1\r\n\r\n") as line:
        assert line.answer().status == 400
        assert line.is_closed()
    with Line(small, "GET / HTTP/1.0\r\n\r\n") as line:
        assert line.answer().status == 200


def test_who_asks_first_and_is_refused_sends_nothing_and_is_not_waited_for(small) -> None:
    head = f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 9000000\r\nExpect: 100-continue\r\n\r\n"
    began = time.monotonic()
    with Line(small, head) as line:
        answer = line.answer()
        assert "connection: close" in answer.head.lower()
        assert line.is_closed()
    assert time.monotonic() - began < 2.5
