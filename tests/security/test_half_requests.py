"""41. 200 connections that never finish a request: a healthy client waits at most 1 s, and no
lock is held for them. With what `make run` starts, and behind the proxy of the operator's guide.
"""

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from portal.directory.uploads.limits import LARGEST_REQUEST as LARGEST_OF_PICTURES
from portal.start import LARGEST_REQUEST
from tests.house.tree import ROOT
from tests.support.caddy import opened, proxy
from tests.support.line import Line, Said, asked, free_port, gunicorn

MANY = 200
WRONG = b"The email address or the password is wrong."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "flask", "portal", "setup"]
    subprocess.run(words, cwd=ROOT, env=environment(folder), check=True, capture_output=True)
    return folder


def environment(data: Path, **more: str) -> dict[str, str]:
    return {"PORTAL_DATA": str(data), "SECRET_KEY": "for tests", "PATH": "/usr/bin:/bin", **more}


@pytest.fixture(scope="module")
def site(data: Path) -> Iterator[int]:
    """As the Procfile starts it."""
    port = free_port()
    env = environment(data, PORT=str(port), PORTAL_ENV="development")
    with gunicorn(port, "wsgi:app", env=env, log=data / "site.log"):
        yield port


@pytest.fixture(scope="module")
def proxied(data: Path) -> Iterator[int]:
    """As the operator's guide starts it: TLS in front, and the settings that go with it."""
    port, front = free_port(), free_port()
    base = f"https://localhost:{front + 1}"
    more = {"BASE_URL": base, "TRUSTED_PROXIES": "1", "ALLOWED_HOSTS": f"localhost:{front}"}
    env = environment(data, PORT=str(port), PORTAL_ENV="development", **more)
    with (
        gunicorn(port, "wsgi:app", env=env, log=data / "proxied.log"),
        proxy(front, site=port, folder=data),
    ):
        yield front


@pytest.fixture(params=["site", "proxied"])
def port(request: pytest.FixtureRequest) -> int:
    chosen: int = request.getfixturevalue(request.param)
    return chosen


def posted(port: int, sent: str, length: int) -> str:
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST /ops/login HTTP/1.1\r\nHost: localhost:{port}\r\n{kind}\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n{sent}"


def logged_in(port: int, page: Said) -> Said:
    """Tries to, with a password that is wrong: what is hashed and written is the same."""
    token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page.body)
    assert token
    cookie = "; ".join(re.findall(r"(?im)^set-cookie: ([^;]+)", page.head))
    form = urlencode(
        {"csrf_token": token[1].decode(), "email": f"{uuid4()}@b.example", "password": "x" * 12}
    )
    head = posted(port, "", len(form)).replace("\r\n\r\n", f"\r\nCookie: {cookie}\r\n\r\n")
    with Line(port, head + form) as line:
        return line.answer()


def timed(work, *words) -> tuple[float, Said]:
    began = time.monotonic()
    said = work(*words)
    return time.monotonic() - began, said


def healthy(port: int, ops: Path) -> dict[str, float]:
    """Seconds that a client waits which asks as it should, and somebody who writes to ops."""
    waited = {}
    waited["/"], first = timed(asked, port, "/")
    waited["/ops/login"], page = timed(asked, port, "/ops/login")
    waited["login"], refused = timed(logged_in, port, page)
    waited["writer"] = seconds_for_a_writer(ops)
    assert (first.status, page.status) == (200, 200)
    assert WRONG in refused.body
    return waited


def test_41_connections_that_never_finish_leave_a_healthy_client_under_a_second(port, data) -> None:
    """On a machine that is busy with other things, no more than twice as long as without them."""
    ops = data / "ops.sqlite3"
    first = [healthy(port, ops) for _ in range(3)][1:]
    before = {what: max(each[what] for each in first) for what in first[0]}
    head = f"GET /studios HTTP/1.1\r\nHost: localhost:{port}\r\nA: "
    halves = [Line(port, head) for _ in range(MANY)]
    halves += [Line(port, posted(port, "email=ana", 400)) for _ in range(MANY)]
    slow = [Line(port, posted(port, "", 400)) for _ in range(MANY)]
    rounds = []
    for _ in range(3):
        for line in slow:
            line.send("a")
        rounds.append(healthy(port, ops))
        time.sleep(0.7)
    waited = {what: median(each[what] for each in rounds) for what in before}
    assert {what for what, took in waited.items() if took >= max(1, 2 * before[what])} == set()
    for line in (*halves, *slow):
        line.socket.close()


def seconds_for_a_writer(ops: Path) -> float:
    began = time.monotonic()
    with sqlite3.connect(ops, timeout=30, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    connection.close()
    return time.monotonic() - began


def test_41_a_login_that_is_late_is_answered_once_its_body_is_there(site, data) -> None:
    page = asked(site, "/ops/login")
    usual = seconds_for_a_writer(data / "ops.sqlite3")
    with Line(site, posted(site, "email=", 9)) as line:
        time.sleep(0.5)
        assert seconds_for_a_writer(data / "ops.sqlite3") < max(0.5, 5 * usual)
        line.send("ana")
        assert line.answer().status in {400, 403}
    assert WRONG in logged_in(site, page).body


def test_what_is_too_large_gets_the_sites_own_page(site) -> None:
    with Line(site, posted(site, "", LARGEST_REQUEST + 1)) as line:
        said = line.answer()
    assert said.status == 413
    assert b"larger than this page accepts" in said.body
    assert "Content-Security-Policy" in said.head
    chunk = f"{LARGEST_REQUEST + 1:x}\r\n".encode() + b"x" * (LARGEST_REQUEST + 1)
    head = posted(site, "", 0).replace("Content-Length: 0", "Transfer-Encoding: chunked")
    with Line(site, head.encode() + chunk) as line:
        assert line.answer().status == 413


def test_pictures_may_be_larger_and_are_bounded_too(site) -> None:
    """What is whole gets to the page, which refuses it for its missing token."""
    size = LARGEST_REQUEST + 1
    to_pictures = posted(site, "", size).replace("/ops/login", "/me/images")
    with Line(site, to_pictures.encode() + b"x" * size) as line:
        assert line.answer().status == 400
    larger = to_pictures.replace(str(size), str(LARGEST_OF_PICTURES + 1))
    with Line(site, larger) as line:
        assert line.answer().status == 413


def test_the_guides_proxy_tells_who_asks_and_how(proxied) -> None:
    """TLS to its end: cookies with their prefix, and what only a site behind TLS sends."""
    with opened(proxied + 1, "/ops/login") as said:
        assert said.headers["Strict-Transport-Security"]
        assert "__Host-" in said.headers["Set-Cookie"]
    assert too_much(proxied).status == 413
    to_pictures = posted(proxied, "", 13_100_000).replace("/ops/login", "/me/images")
    with Line(proxied, to_pictures.encode() + b"x" * 13_100_000) as line:
        assert line.answer().status == 400


def too_much(port: int) -> Said:
    """The proxy says so before all is there, and hangs up half a second later: a client that is
    still sending then never reads it, and asks once more."""
    large = posted(port, "", 13_100_000).encode() + b"x" * 13_100_000
    for _ in range(10):
        with Line(port) as line:
            with suppress(ConnectionError):
                line.send(large)
            if (said := line.answer()).status:
                break
    return said
