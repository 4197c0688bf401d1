"""The store is bounded in bytes, and addresses are one only where their pages are."""

import os
import tracemalloc
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as some

from portal.core.configuration.settings import load_settings
from portal.directory.kept.addresses import kept_address
from portal.web.kept import find
from portal.web.kept.answers import Body
from portal.web.kept.store import OVERHEAD, Kept, Store
from tests.support.trials import examples

KB = 1024
HEADERS = [("Content-Type", "text/html"), ("Vary", "Cookie"), *[(f"X-{n}", "v") for n in range(9)]]


@dataclass(frozen=True)
class Known:
    key: object
    moved: object = 1


def page(size: int, version: object = "v") -> Kept:
    return Kept(Known(version), list(HEADERS), Body(os.urandom(size), "digest"), 1e12, None)


def fill(store: Store, count: int, size: int) -> None:
    for number in range(count):
        kept = page(size)
        store.put(("/studios", str(number)), kept)
        for encoding in ("plain", "gzip", "br"):
            kept.variant(encoding)
            store.grew(("/studios", str(number)), kept)


def test_bytes_are_bounded_and_what_was_used_last_stays():
    store = Store(400 * KB, 60)
    store.put("home", page(10 * KB))
    for number in range(300):
        store.put(number, page(10 * KB))
        assert store.get("home", Known("v")) is not None
        assert store.bytes <= 400 * KB
    assert store.get(0, Known("v")) is None
    assert store.get(299, Known("v")) is not None
    assert store.get("home", Known("other")) is None
    store.clear()
    assert (store.bytes, len(store)) == (0, 0)


@trying(max_examples=examples(50))
@given(some.lists(some.tuples(some.integers(0, 9), some.integers(0, 60), some.booleans())))
def test_the_count_is_what_is_there(doings):
    store = Store(100 * KB, 60)
    for key, size, reads in doings:
        if reads:
            if kept := store.get(key, Known("v")):
                kept.variant("gzip")
                store.grew(key, kept)
        else:
            store.put(key, page(size * KB))
    there = sum(
        each.body.size + OVERHEAD for kept in (store._once, store._again) for each in kept.values()
    )
    assert store.bytes == there <= 100 * KB


@pytest.mark.parametrize("size", [200, 3 * KB, 30 * KB])
def test_memory_stays_below_what_was_allowed(size):
    """Small pages as well: what lies beside a body counts."""
    most = 2 * KB * KB
    tracemalloc.start()
    store = Store(most, 60)
    fill(store, 2 * most // (3 * size + OVERHEAD), size)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert store.bytes > most * 0.9
    assert used <= most * 1.05


@pytest.mark.parametrize("asked", [2, 9])
def test_addresses_that_are_asked_for_once_leave_what_people_ask_for(asked):
    """A machine goes through thousands of searches; pages that were asked for again stay."""
    store = Store(400 * KB, 60)
    liked = [f"liked {number}" for number in range(10)]
    for key in liked:
        store.put(key, page(10 * KB))
        for _ in range(asked - 1):
            assert store.get(key, Known("v")) is not None
    for number in range(1000):
        store.put(number, page(10 * KB))
    assert all(store.get(key, Known("v")) for key in liked)
    assert store.get(999, Known("v")) is not None, "the newest has its place, too"
    assert store.bytes <= 400 * KB


def test_what_is_asked_for_again_gives_place_to_what_people_ask_for_now():
    store = Store(400 * KB, 60)
    for number in range(200):
        store.put(number, page(10 * KB))
        assert store.get(number, Known("v")) is not None
    assert [number for number in range(200) if store.get(number, Known("v"))][-1] == 199
    assert store.get(0, Known("v")) is None
    assert store.bytes <= 400 * KB


def test_one_page_never_takes_the_whole_store():
    assert not Store(400 * KB, 60).fits(100 * KB)
    assert Store(400 * KB, 60).fits(20 * KB)


def test_it_can_be_switched_off(settings):
    from portal.app import create_app  # noqa: PLC0415 — makes a second application

    told = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "x", "PORTAL_KEEP_BYTES": "0"}
    app = create_app(load_settings(told))
    assert not hasattr(app.wsgi_app, "store")
    assert find("GET", "/", "", {"host": "localhost"}) is None


NAMES = ["q", "near", "type", "service", "sort", "page", "radius", "utm", "before", "Q", ""]
VALUES = [
    *["", "oak", "Oak ", "home", "HOME", "zoom", "1", "2", "01", "0", "-1", "999999", "1e3"],
    *["rating", "nothing", "50km", "50", "30mi", "%00", "<b>", "%F0%9F", "+", "a%26b"],
]
QUERIES = some.lists(
    some.tuples(some.sampled_from(NAMES), some.sampled_from(VALUES)), max_size=4
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
PATHS = some.sampled_from(["/", "/studios", "QUIET", "/studios/", "//", "/studios/x-1"])


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@trying(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=PATHS, query=QUERIES)
def test_what_is_kept_is_what_would_be_made(site, path, query):
    """Whoever came before with whichever address: the store is shared by all examples."""
    path = site.addresses["quiet"] if path == "QUIET" else path
    address = f"{path}?{query}"
    first = site.client.get(address)
    anew = site.client.get(address, headers={"Cookie": "a=b"})
    assert (first.status_code, first.data) == (anew.status_code, anew.data)
    if kept_address(path, query) is not None and first.status_code == 200:
        found = find("GET", path, query, {"host": "localhost"})
        assert found is not None
        assert found.body == anew.data


def test_order_and_what_a_page_does_not_know_make_no_other_address():
    same = ["q=oak&near=bristol", "near=bristol&q=oak", "near=bristol&q=oak&utm_source=x&page=1"]
    keys = {kept_address("/studios", query).key for query in same}
    assert len(keys) == 1
    assert kept_address("/", "utm=1").key == kept_address("/", "").key
    assert kept_address("/studios", "q=Oak").key != kept_address("/studios", "q=oak").key
    assert kept_address("/studios", "q=" + "a" * 2000) is None
    assert kept_address("/", "before=99999999999") is None
