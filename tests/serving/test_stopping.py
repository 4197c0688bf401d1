"""A site that is told to stop finishes what runs, and waits for nobody else."""

import signal
import time

from tests.serving.conftest import small_site
from tests.support.line import Line, free_port


def test_what_runs_is_answered_and_what_is_unfinished_is_not_waited_for(tmp_path) -> None:
    port, host = free_port(), "Host: localhost\r\n"
    with small_site(port, tmp_path / "log") as site:
        half = Line(port, "GET / HT")
        idle = Line(port, f"GET / HTTP/1.1\r\n{host}\r\n")
        assert idle.answer().status == 200
        body = Line(port, f"POST /echo HTTP/1.1\r\n{host}Content-Length: 5\r\n\r\nab")
        running = Line(port, f"GET /slow?1.5 HTTP/1.1\r\n{host}\r\n")
        time.sleep(0.3)
        began = time.monotonic()
        site.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        body.send("cde")
        assert body.answer().body == b"POST 5 5 abcde"
        assert running.answer().body == b"here"
        assert site.wait(20) == 0
        assert time.monotonic() - began < 20, "it would wait 30 seconds for what never ends"
        assert idle.is_closed()
        assert half.answer().status == 408
