"""What goes out: the whole answer, to clients that read slowly, leave, or want no body."""

import os
import time
from threading import Thread

from tests.serving.small_site import PICTURE
from tests.support.line import Line, asked, at_most, seconds_for
from tests.support.waiting import wait_until

HOST = "Host: localhost\r\n"
SIZE = 200 * 65_536


def get(path: str, method: str = "GET") -> str:
    return f"{method} {path} HTTP/1.1\r\n{HOST}\r\n"


def test_an_answer_says_its_length_and_the_connection_goes_on(small) -> None:
    with Line(small, get("/") + get("/file") + get("/nothing") + get("/")) as line:
        first = line.answer()
        assert (first.body, "content-length: 4" in first.head.lower()) == (b"here", True)
        assert line.answer().body == PICTURE.read_bytes()
        nothing = line.answer()
        assert (nothing.status, "content-length" in nothing.head.lower()) == (204, False)
        assert line.answer().body == b"here"


def test_a_large_answer_says_its_length_as_well(small, tmp_path) -> None:
    """A client of HTTP/1.0 that goes on with its connection has no other way to see its end."""
    old = get(f"/large?{tmp_path / 'mark'}").replace("1.1", "1.0", 1)
    kept = old.replace(HOST, f"{HOST}Connection: keep-alive\r\n")
    with Line(small, kept) as line:
        answer = line.answer()
        assert f"content-length: {SIZE}" in answer.head.lower()
        assert len(answer.body) == SIZE
        line.send(get("/"))
        assert line.answer().body == b"here"


def test_head_has_the_length_and_no_body(small) -> None:
    with Line(small, get("/", "HEAD") + get("/file", "HEAD") + get("/")) as line:
        assert "content-length" not in line.answer(of_head=True).head.lower()
        length = f"content-length: {PICTURE.stat().st_size}"
        assert length in line.answer(of_head=True).head.lower()
        assert line.answer().body == b"here"


def test_a_fault_is_a_plain_sentence_and_ends_nothing(small) -> None:
    with Line(small, get("/fault?secret") + get("/")) as line:
        fault = line.answer()
        assert fault.status == 500
        assert b"Nothing was changed" in fault.body
        assert b"secret" not in fault.body
        assert line.answer().body == b"here"


def test_a_client_that_reads_slowly_holds_no_thread(small, tmp_path) -> None:
    """More of them than there are threads, each with an answer that fills its connection."""
    usual = at_most(small)
    marks = [tmp_path / f"{number}" for number in range(3)]
    lines = [Line(small, get(f"/large?{mark}")) for mark in marks]
    wait_until(lambda: all(mark.exists() for mark in marks))
    assert seconds_for(small, "/") < usual
    assert [len(line.answer().body) for line in lines] == [SIZE] * 3


def test_what_a_client_began_is_done_when_it_leaves_and_what_waits_is_not(small, tmp_path) -> None:
    begun, waiting = tmp_path / "begun", tmp_path / "waiting"
    post = f"POST /mark?{begun} HTTP/1.1\r\n{HOST}Content-Length: 4\r\n\r\nform"
    with Line(small, get("/slow?0.5")), Line(small, post):
        time.sleep(0.1)
        with Line(small, get(f"/mark?{waiting}")):
            time.sleep(0.1)
    wait_until(lambda: begun.exists() and begun.read_text() == "form")
    time.sleep(0.5)
    assert not waiting.exists()
    assert asked(small, "/").status == 200


def test_a_file_that_comes_slowly_from_its_disk_delays_no_other_page(small, tmp_path) -> None:
    """A pipe stands for the disk: it gives nothing for a second."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Line(small, get(f"/pipe?{pipe}")) as line, pipe.open("wb") as disk:
        time.sleep(0.1)  # the answer is being sent
        began = time.monotonic()
        assert seconds_for(small, "/") < 1
        assert time.monotonic() - began < 1
        disk.write(b"here")
        disk.close()
        assert line.answer().body == b"here"


def test_one_slow_page_delays_no_other(small) -> None:
    usual = at_most(small)
    with Line(small, get("/slow?2")) as slow:
        waited = [seconds_for(small, "/slow?0.05") for _ in range(20)]
        assert max(waited) < usual
        assert slow.answer().body == b"here"


def test_a_crowd_in_one_pool_leaves_the_others_free_and_is_answered_busy(small) -> None:
    usual = at_most(small)
    crowd = [Line(small, get("/slow?0.9")) for _ in range(9)]
    time.sleep(0.3)
    for free in ("/ops/slow?0", "/client/slow?0", "/ops", "/client", "/healthz", "/assets/a.css"):
        assert seconds_for(small, free) < usual, free
    said = [line.answer() for line in crowd]
    assert sorted(each.status for each in said) == [200] * 5 + [503] * 4
    busy = next(each for each in said if each.status == 503)
    assert "Retry-After: 5" in busy.head
    assert b"very busy" in busy.body
    assert asked(small, "/opsy").status == 200


def test_a_crowd_that_tries_passwords_leaves_the_control_room_and_the_login_page_free(
    small,
) -> None:
    """What one client asks for beyond its part of the queue is refused before any work."""
    post = f"POST /ops/login/slow?0.6 HTTP/1.1\r\n{HOST}Content-Length: 0\r\n\r\n"
    crowd = [Line(small, post) for _ in range(7)]
    time.sleep(0.2)
    for free in ("/ops", "/ops/login", "/client", "/", "/healthz"):
        assert seconds_for(small, free) < 0.6, free
    said = [line.answer() for line in crowd]
    assert sorted(each.status for each in said) == [200] * 3 + [429] * 4
    refused = next(each for each in said if each.status == 429)
    assert "Retry-After: 5" in refused.head
    assert b"not looked at" in refused.body


def test_more_than_a_page_takes_is_answered_and_the_rest_is_thrown_away(small) -> None:
    """The small site ignores the mark; the product's own answer is tested in test_product.py."""
    body = b"x" * 5_000_000
    head = f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: {len(body)}\r\n\r\n".encode()
    with Line(small, head) as line:
        sending = Thread(target=line.send, args=(body + get("/").encode(),))
        sending.start()
        assert line.answer().body.startswith(b"POST 0 0")
        sending.join()
        assert line.answer().body == b"here"
    with Line(small, head.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")) as line:
        assert line.answer().status == 200
