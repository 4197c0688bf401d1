"""What comes in: whole, bounded, and framed in one way only."""

import json
import time

import pytest

from tests.serving.small_site import LARGEST
from tests.support.line import Line, asked, at_most, seconds_for
from tests.support.waiting import wait_until

HOST = "Host: localhost\r\n"


def post(body: str, *headers: str) -> str:
    told = "".join(f"{each}\r\n" for each in headers)
    return f"POST /echo HTTP/1.1\r\n{HOST}{told}\r\n{body}"


def test_a_body_is_handed_over_whole_however_it_comes(small) -> None:
    with Line(small, post("ab", "Content-Length: 5")) as line:
        time.sleep(0.2)
        line.send("cde")
        assert line.answer().body == b"POST 5 5 abcde"
        line.send(
            post(
                "3\r\nabc\r\n2;name=x\r\nde\r\n0\r\nX-Sum: x\r\n\r\n", "Transfer-Encoding: chunked"
            )
        )
        assert line.answer().body == b"POST 5 5 abcde"
        line.send(post("", "Content-Length: 0"))
        assert line.answer().body == b"POST 0 0 "
    large = b"y" * LARGEST
    with Line(small, post("", f"Content-Length: {LARGEST}").encode() + large) as line:
        assert line.answer().body == f"POST {LARGEST} {LARGEST} {'y' * 20}".encode()


def test_requests_that_come_together_are_answered_in_their_order(small) -> None:
    third = f"GET /environ HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
    with Line(
        small, post("one", "Content-Length: 3") + post("three", "Content-Length: 5") + third
    ) as line:
        assert line.answer().body == b"POST 3 3 one"
        assert line.answer().body == b"POST 5 5 three"
        assert line.answer().status == 200
        assert line.is_closed()


def test_a_client_that_asks_first_is_answered_to_go_on_or_not(small) -> None:
    expects = "Expect: 100-continue"
    with Line(small, post("", "Content-Length: 3", expects)) as line:
        assert line.answer().status == 100
        line.send("abc")
        assert line.answer().body == b"POST 3 3 abc"


def test_the_application_gets_what_the_client_sent(small) -> None:
    doubled = "X-One: a\r\nX-One: b\r\nX_One: c\r\n"
    with Line(small, f"GET /environ?a=%20b HTTP/1.1\r\n{HOST}{doubled}\r\n") as line:
        told = json.loads(line.answer().body)
    assert told["REQUEST_METHOD"] == "GET"
    assert (told["PATH_INFO"], told["QUERY_STRING"]) == ("/environ", "a=%20b")
    assert told["RAW_URI"] == "/environ?a=%20b"
    assert (told["SCRIPT_NAME"], told["SERVER_PROTOCOL"]) == ("", "HTTP/1.1")
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"]) == ("127.0.0.1", "http")
    assert told["HTTP_X_ONE"] == "a,b"
    assert "CONTENT_LENGTH" not in told
    with Line(small, f"GET /%C3%A4%2F HTTP/1.1\r\n{HOST}\r\n") as line:
        assert line.answer().status == 200


def test_a_first_line_that_names_a_host_asks_for_its_path(small) -> None:
    """As gunicorn's other workers read it; the application looks at the host itself."""
    for target in ("http://localhost/environ?a=b", "HTTPS://other:1/%65nviron?a=b"):
        with Line(small, f"GET {target} HTTP/1.1\r\n{HOST}\r\n") as line:
            told = json.loads(line.answer().body)
        assert (told["PATH_INFO"], told["QUERY_STRING"]) == ("/environ", "a=b")
        assert told["RAW_URI"] == target
    with Line(small, f"GET http://localhost HTTP/1.1\r\n{HOST}\r\n") as line:
        assert line.answer().body == b"here"


#: Heads that two servers could read in two ways, or that nobody can read.
HOSTILE = {
    "both lengths": post("0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"),
    "two lengths": post("abc", "Content-Length: 3", "Content-Length: 4"),
    "the same length twice": post("abc", "Content-Length: 3", "Content-Length: 3"),
    "lengths in one": post("abc", "Content-Length: 3, 3"),
    "a signed length": post("abc", "Content-Length: +3"),
    "a negative length": post("abc", "Content-Length: -3"),
    "a length of thousands of digits": post("abc", f"Content-Length: {'9' * 5000}"),
    "an underscored length": post("abc", "Content-Length: 1_0"),
    "a blank before the colon": post("abc", "Content-Length : 3"),
    "chunked twice": post("0\r\n\r\n", "Transfer-Encoding: chunked, chunked"),
    "chunked, then another": post("0\r\n\r\n", "Transfer-Encoding: chunked, gzip"),
    "chunked in HTTP/1.0": post("0\r\n\r\n", "Transfer-Encoding: chunked").replace("1.1", "1.0", 1),
    "a chunk's size in words": post("five\r\nabcde\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "a signed chunk": post("+3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "a hexadecimal mark": post("0x3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "a chunk too long": post("3\r\nabcdef\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "bare line feeds": "GET / HTTP/1.1\nHost: localhost\n\n",
    "a bare line feed in a value": f"GET / HTTP/1.1\r\n{HOST}A: b\nC: d\r\n\r\n",
    "a bare carriage return": f"GET / HTTP/1.1\r\n{HOST}A: b\rC: d\r\n\r\n",
    "a folded header": f"GET / HTTP/1.1\r\n{HOST}A: b\r\n c\r\n\r\n",
    "a null in a value": f"GET / HTTP/1.1\r\n{HOST}A: b\0c\r\n\r\n",
    "a null in a name": f"GET / HTTP/1.1\r\n{HOST}A\0: b\r\n\r\n",
    "a null in the address": f"GET /\0 HTTP/1.1\r\n{HOST}\r\n",
    "two hosts": f"GET / HTTP/1.1\r\n{HOST}{HOST}\r\n",
    "no version": f"GET /\r\n{HOST}\r\n",
    "nothing of HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("head", HOSTILE.values(), ids=HOSTILE)
def test_a_head_that_can_be_read_in_two_ways_is_refused_and_ends_the_connection(
    small, head
) -> None:
    smuggled = f"GET /environ?smuggled HTTP/1.1\r\n{HOST}\r\n"
    with Line(small, head + smuggled) as line:
        assert line.answer().status == 400
        assert line.is_closed()


def test_a_head_has_its_bounds(small) -> None:
    long = {
        414: f"GET /{'a' * 9_000} HTTP/1.1\r\n{HOST}\r\n",
        431: f"GET / HTTP/1.1\r\n{HOST}A: {'b' * 9_000}\r\n\r\n",
    }
    for status, head in long.items():
        with Line(small, head) as line:
            assert line.answer().status == status
            assert line.is_closed()
    with Line(small, f"GET / HTTP/1.1\r\n{HOST}" + f"A: {'b' * 8_000}\r\n" * 9) as line:
        assert line.answer().status == 431
    with Line(small, post("", "Transfer-Encoding: nonsense")) as line:
        assert line.answer().status == 501


def test_what_never_ends_is_cut_off(small) -> None:
    """A head, a body, a body that comes byte by byte, an idle connection: each has its seconds."""
    usual, began = at_most(small), time.monotonic()
    lines = {
        "head": Line(small, "GET / HT"),
        "body": Line(small, post("abc", "Content-Length: 9")),
        "chunks": Line(small, post("3\r\nabc\r\n", "Transfer-Encoding: chunked")),
    }
    silent, idle = Line(small), Line(small, f"GET / HTTP/1.1\r\n{HOST}\r\n")
    slow = Line(small, post("", "Content-Length: 900"))
    assert idle.answer().status == 200
    for _ in range(8):
        slow.send("a")
        assert seconds_for(small, "/") < usual
        time.sleep(0.2)
    assert {name: line.answer().status for name, line in lines.items()} == dict.fromkeys(lines, 408)
    assert slow.answer().status == 408
    assert all(line.is_closed() for line in (*lines.values(), slow, silent, idle))
    assert time.monotonic() - began < 15 * usual


def test_more_connections_than_are_kept_close_the_longest_unfinished(small) -> None:
    usual = at_most(small)
    halves = [Line(small, "GET / HT") for _ in range(100)]
    assert seconds_for(small, "/") < usual
    assert halves[0].is_closed()
    halves[-1].send(f"TP/1.1\r\n{HOST}\r\n")
    assert halves[-1].answer().status == 200
    for line in halves:
        line.socket.close()


def test_whoever_does_not_read_makes_room_as_well(small, tmp_path) -> None:
    """More of them than connections are kept, each with an answer that fills its buffers."""
    lines, usual = [], at_most(small)
    for number in range(62):
        mark = tmp_path / str(number)
        lines.append(Line(small, f"GET /large?{mark} HTTP/1.1\r\n{HOST}\r\n"))
        wait_until(mark.exists)
    assert seconds_for(small, "/") < usual
    for line in lines:
        line.socket.close()


def test_a_web_socket_is_refused(small) -> None:
    upgrade = ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec_WebSocket_Version", "13")
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    assert asked(small, "/", **dict(upgrade), Sec_WebSocket_Key=key).status == 403
