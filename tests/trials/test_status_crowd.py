"""200 readers of `/status` for a minute beside five publishing acts, on a real server."""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal.core.clock import now
from portal.core.storage.database import db
from portal.incidents.live.models import Phase
from tests.incidents.status.scene import make_incident, make_probe, make_span, make_update
from tests.support.line import free_port, gunicorn

READERS, SECONDS, PAUSE, ACTS = 200, 60, 1.0, 5
VISIBLE_WITHIN = 2.0


@pytest.fixture
def port(app, settings, tmp_path: Path) -> Iterator[int]:
    """A site of one process on the scene's data, without a directory."""
    probe = make_probe("Search")
    for day in range(90):
        make_span(probe, probe.state, now() - timedelta(days=day + 1), now() - timedelta(days=day))
    db.session.commit()
    number = free_port()
    env = {**os.environ, "PORTAL_DATA": str(settings.data), "SECRET_KEY": "only for tests"}
    env["PORT"] = str(number)
    with gunicorn(number, "wsgi:app", env=env, log=tmp_path / "log"):
        yield number


def test_no_error_and_each_act_is_visible_within_two_seconds(port: int) -> None:
    made = asyncio.run(crowd(port))
    waits = sorted(made.seconds)
    slow = waits[len(waits) * 99 // 100]
    sys.stdout.write(
        f"{len(waits)} answers, {made.unchanged} of them 304; median {statistics.median(waits):.3f}"
        f" s, 99 of 100 within {slow:.3f} s, longest {waits[-1]:.3f} s; visible after"
        f" {', '.join(f'{each:.2f}' for each in made.visible)} s; the login page of the control"
        f" room within {max(made.room):.2f} s\n"
    )
    assert made.errors == []
    assert len(waits) > READERS * SECONDS * 0.5 / PAUSE
    assert len(made.visible) == ACTS
    assert max(made.visible) < VISIBLE_WITHIN


class Made:
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.visible: list[float] = []
        self.room: list[float] = []
        self.errors: list[str] = []
        self.unchanged = 0
        self.wanted: dict[str, float] = {}


async def crowd(port: int) -> Made:
    made, until = Made(), time.monotonic() + SECONDS
    readers = [reader(port, number, made, until) for number in range(READERS)]
    await asyncio.gather(*readers, room(port, made, until), publisher(made, until))
    return made


async def reader(port: int, number: int, made: Made, until: float) -> None:
    """Half of them with what a browser keeps, a third with a cookie."""
    await asyncio.sleep(number / READERS * PAUSE)
    tag, cookie = "", "Cookie: portal_site=x\r\n" if number % 3 == 0 else ""
    while time.monotonic() < until:
        known = f"If-None-Match: {tag}\r\n" if tag and number % 2 else ""
        began = time.monotonic()
        status, head, body = await asked(port, "/status", known + cookie)
        made.seconds.append(time.monotonic() - began)
        made.unchanged += status == 304
        if status not in {200, 304} or (status == 200 and "<h1>Status</h1>" not in body):
            made.errors.append(f"{status} {body[:80]}")
        tag = next(
            (line[6:] for line in head.split("\r\n") if line.lower().startswith("etag: ")), ""
        )
        for words in [each for each in made.wanted if each in body]:
            made.visible.append(time.monotonic() - made.wanted.pop(words))
        await asyncio.sleep(max(0.0, PAUSE - (time.monotonic() - began)))


async def room(port: int, made: Made, until: float) -> None:
    while time.monotonic() < until:
        began = time.monotonic()
        status, _, _ = await asked(port, "/ops/login", "")
        made.room.append(time.monotonic() - began)
        if status != 200:
            made.errors.append(f"login {status}")
        await asyncio.sleep(2)


async def publisher(made: Made, until: float) -> None:
    """An incident, three updates, and one that leaves a few seconds after it was written."""
    row = make_incident("outage")
    for number in range(ACTS):
        await asyncio.sleep(SECONDS / (ACTS + 1))
        words = f"Published words {number}."
        delay = 3.0 if number == ACTS - 1 else 0.0
        leaves_at = now() + timedelta(seconds=delay)
        make_update(row, words, leaves_at=leaves_at, phase=Phase.IDENTIFIED)
        db.session.commit()
        made.wanted[words] = time.monotonic() + delay


async def asked(port: int, path: str, headers: str) -> tuple[int, str, str]:
    try:
        source, sink = await asyncio.open_connection("127.0.0.1", port)
        sink.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n".encode()
        )
        answer = (await source.read()).decode()
        sink.close()
    except OSError as error:
        return 0, "", str(error)
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split(" ", 2)[1]) if head else 0, head, body
