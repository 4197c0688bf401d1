"""Threads for each door, and how many connections to a database they may need at once."""

import asyncio
import time
from threading import Event, current_thread, main_thread
from types import SimpleNamespace

import pytest

from portal.core.storage.database import db
from portal.serving import kept
from portal.serving.environ import client_of
from portal.serving.kept import ASKING, CachedAnswers
from portal.serving.pools import SIZES, ClientLimit, Pool, PoolFull, RequestKind, Size, request_kind
from tests.support.waiting import wait_until


def test_each_address_has_its_pool() -> None:
    room = [
        "/ops",
        "/ops/",
        "/ops/password",
        "/ops/logins",
        "/client",
        "/client/incidents/a",
        "//ops",
        "///client/a",
    ]
    room.append("/documents/images/a.webp")
    files = ["/assets/room.css", "/static/a.png", "/healthz", "/readyz"]
    public = ["/", "/opsy", "/ops.html", "/clients", "/statuses", "/login", "/me", "/healthzz"]
    assert {request_kind(path) for path in room} == {RequestKind.ROOM}
    login = ["/ops/login", "//ops/login", "/ops/login/again"]
    assert {request_kind(path) for path in login} == {RequestKind.ENTRANCE}
    assert {request_kind(path, "POST") for path in [*login, "/ops/password"]} == {
        RequestKind.PASSWORDS
    }
    assert request_kind("/ops/accounts", "POST") is RequestKind.ROOM
    assert {request_kind(path) for path in files} == {RequestKind.FILES}
    assert {request_kind(path) for path in public} == {RequestKind.PUBLIC}
    assert request_kind("/me/images", "POST") is RequestKind.UPLOADS
    assert {request_kind("/me/images"), request_kind("/me/images/order", "POST")} == {
        RequestKind.PUBLIC
    }
    assert request_kind("/images/480/a.webp") is RequestKind.PICTURES
    status = ["/status", "//status", "/status/incidents/a", "/status/maintenance.ics"]
    assert {request_kind(path) for path in status} == {RequestKind.STATUS}


def test_the_public_goes_on_with_one_thread_while_the_control_room_works() -> None:
    room, ended = Pool("room", Size(1, 1)), Event()
    public = Pool("public", Size(3, 3), elders=[Pool("login", Size(1, 1)), room])
    begun: list[int] = []

    def page(number: int) -> None:
        begun.append(number)
        ended.wait(10)

    room.submit(lambda: ended.wait(10))
    pages = [public.submit(lambda number=number: page(number)) for number in range(3)]
    wait_until(lambda: begun)
    assert len(begun) == 1
    wait_until(lambda: len(begun) == 3)  # the others wait a moment and no longer
    ended.set()
    assert [each.result(5) for each in pages] == [None] * 3
    wait_until(room.is_idle.is_set)


def test_one_client_takes_a_part_of_a_pool_and_no_more() -> None:
    pool, ended = Pool("passwords", Size(1, 5, each=2)), Event()
    works = [pool.submit(lambda: ended.wait(10), of="a") for _ in range(2)]
    with pytest.raises(ClientLimit):
        pool.submit(lambda: None, of="a")
    works += [pool.submit(lambda: ended.wait(10), of=other) for other in "bcde"]
    with pytest.raises(PoolFull) as full:
        pool.submit(lambda: None, of="f")
    assert full.type is PoolFull
    ended.set()
    assert [each.result(5) for each in works] == [True] * 6
    wait_until(pool.is_idle.is_set)
    assert pool.submit(lambda: "in", of="a").result(5) == "in"


def test_a_client_is_identified_by_its_address_or_by_what_a_trusted_proxy_says() -> None:
    def scope(address: str, *forwarded: str):
        headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
        return {"client": (address, 1), "headers": headers}

    assert client_of(scope("10.0.0.1", "9.9.9.9"), 0) == "10.0.0.1"
    assert client_of(scope("10.0.0.1", "6.6.6.6, 9.9.9.9"), 1) == "9.9.9.9"
    assert client_of(scope("10.0.0.1", "6.6.6.6", "9.9.9.9,8.8.8.8"), 2) == "9.9.9.9"
    assert client_of(scope("10.0.0.1"), 2) == "10.0.0.1"
    assert client_of({"headers": []}, 1) == ""
    homes = {client_of(scope(f"2001:db8:1:2::{number}"), 0) for number in range(9)}
    assert homes == {"2001:db8:1:2::/64"}


def test_all_threads_together_find_a_connection_in_the_pool_of_a_database(app) -> None:
    """One in each thread at most; `cached_per_page` reads through another of the same page.
    Pictures need none, and an upload has none while a picture is encoded."""
    others = {None: RequestKind.STATUS, "ops": RequestKind.PUBLIC}
    for key, engine in db.engines.items():
        kinds = SIZES.keys() - {others[key], RequestKind.PICTURES, RequestKind.UPLOADS}
        threads = sum(SIZES[kind].threads for kind in kinds) + ASKING.threads
        assert threads <= engine.pool.size() + engine.pool._max_overflow


def asked(find, path: str = "/studios", method: str = "GET", **more):
    headers = [(name.encode(), value.encode()) for name, value in more.pop("headers", [])]
    raw = {"raw_path": path.encode(), "raw_uri": path}
    scope = {
        "method": method,
        "path": path,
        **raw,
        "query_string": b"q=a",
        "headers": headers,
        **more,
    }
    return asyncio.run(CachedAnswers(find)(scope))


def test_a_kept_answer_is_asked_for_by_what_its_store_needs() -> None:
    calls = []

    def find(*words):
        calls.append(words)
        return SimpleNamespace(status=200, headers=[("ETag", "a")], body=b"page")

    answer = asked(find, headers=[("host", "a"), ("accept", "b"), ("accept", "c")])
    assert (answer.status, answer.headers, answer._body) == (200, [(b"ETag", b"a")], b"page")
    assert calls == [("GET", "/studios", "q=a", {"host": "a", "accept": "b,c"})]
    for other in (
        {"headers": [("cookie", "a=b")]},
        {"headers": [("authorization", "a")]},
        {"method": "POST"},
        {"path": "/ops"},
        {"raw_uri": "http://evil.example/studios"},
        {"path": "//evil.example/studios"},
        {"raw_path": b"/studios/%ff"},
    ):
        assert asked(find, **other) is None
    assert len(calls) == 1
    assert asked(find, "/status", headers=[("cookie", "a=b")]) is not None


def test_no_thread_asks_while_asking_is_quick_and_the_loop_never_waits_twice(monkeypatch) -> None:
    """A database that answers slowly holds the event loop once; threads ask from then on."""
    monkeypatch.setattr(kept, "PAUSE", 0.2)
    takes, by = 0.0, []

    def find(*_words):
        by.append(current_thread() is main_thread())
        time.sleep(takes)

    async def ask(door: CachedAnswers, times: int) -> list[bool]:
        by.clear()
        scope = {"method": "GET", "path": "/", "raw_path": b"/", "raw_uri": "/", "headers": []}
        for _ in range(times):
            assert await door({**scope, "query_string": b""}) is None
        return list(by)

    async def day() -> None:
        nonlocal takes
        door = CachedAnswers(find)
        assert True in await ask(door, 3)
        takes = 0.05
        await asyncio.sleep(0.3)
        assert await ask(door, 3) == [True, False, False]
        takes = 0.0
        await asyncio.sleep(0.3)
        assert (await ask(door, 1)) == [True]

    asyncio.run(day())


def test_a_store_that_fails_or_knows_nothing_leaves_the_request_to_the_application() -> None:
    def fails(*_words):
        raise OSError

    assert asked(fails) is None
    assert asked(lambda *_words: None) is None
    assert asked(None) is None
