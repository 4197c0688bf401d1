"""What visitors without a cookie get a second time, and who never gets it."""

import gzip
import threading
import time

import brotli
import pytest
from flask import Response, g, session
from flask_wtf.csrf import generate_csrf

from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets import readiness
from portal.directory.models import StudioProfile
from portal.directory.revisions import SERVES
from portal.directory.searches.counting import counts
from portal.jobs.leases import holder as leases
from portal.web.kept import find, store
from tests.databases.stage import ANA
from tests.web.kept.conftest import by_hand, made

HOST = {"host": "localhost"}
NEVER = (
    *("/ops", "/ops/login", "/client", "/me", "/me/studio", "/login", "/signup", "/status/"),
    *("/shared/abc", "/healthz", "/metrics", "/nothing", "/studios/no-9", "/images/a.webp"),
)


def test_the_second_visitor_gets_the_same_bytes_without_a_page_being_made(site):
    for path in [*site.addresses.values(), "/studios", "/studios?q=oak"]:
        first = site.client.get(path)
        site.keep(path)
        with made() as names:
            again = site.client.get(path)
        assert (again.status_code, again.data, names) == (200, first.data, [])
        assert again.headers["Cache-Control"] == "no-cache"
        assert {"Accept-Encoding", "Cookie"} <= set(again.vary)
        ours = {name for name, _ in again.headers} - {"Date"}
        assert ours == {name for name, _ in first.headers} - {"Date"}
        assert all(again.headers[name] == first.headers[name] for name in ours)


def test_each_encoding_is_kept_with_a_tag_of_its_own(site):
    site.keep("/")
    plain = site.client.get("/")
    packed = {
        encoding: site.client.get("/", headers={"Accept-Encoding": encoding})
        for encoding in ("gzip", "br")
    }
    assert gzip.decompress(packed["gzip"].data) == plain.data
    assert brotli.decompress(packed["br"].data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert len({plain.headers["ETag"], *(each.headers["ETag"] for each in packed.values())}) == 3
    refused = site.client.get("/", headers={"Accept-Encoding": "gzip;q=0, br;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_a_visitor_who_has_it_gets_304_without_a_page_being_made(site):
    site.keep("/")
    tag = site.client.get("/").headers["ETag"]
    for known in (tag, f'W/{tag}, "other"', "*"):
        with made() as names:
            answer = site.client.get("/", headers={"If-None-Match": known})
        assert (answer.status_code, answer.data, names) == (304, b"", [])
        assert answer.headers["ETag"] == tag
        assert "Content-Length" not in answer.headers
    assert site.client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200
    other = {"If-None-Match": tag, "Accept-Encoding": "br"}
    assert site.client.get("/", headers=other).status_code == 200, "another encoding"


def test_a_page_whose_first_visitor_had_it_already_is_kept_with_its_type(site):
    whole = site.client.get("/", headers={"Cookie": "a=b"})
    site.keep("/studios")  # the database answers
    known = {"If-None-Match": whole.headers["ETag"]}
    assert site.client.get("/", headers=known).status_code == 304
    with made() as names:
        kept = site.client.get("/")
    assert (names, kept.data) == ([], whole.data)
    assert kept.headers["Content-Type"] == whole.headers["Content-Type"]


def test_the_encoding_is_the_one_that_the_client_likes_best(site):
    site.keep("/")
    said = {
        "gzip;q=1, br;q=0.1": "gzip",
        "br;q=0.2, gzip;q=0.1": "br",
        "gzip, br": "br",
        "*": "br",
        "*;q=0": None,
        "gzip;q=nothing": None,
    }
    for accepted, encoding in said.items():
        answer = site.client.get("/", headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == encoding, accepted


def test_a_search_with_few_results_is_counted_again_after_a_minute(site, monkeypatch):
    """Its page is made again then, even where nobody has written; another one is not."""
    few, home = "/studios?q=oak", "/"
    site.keep(home)
    counts.take()
    site.keep(few)
    counted = counts.take()
    assert sum(counted.values()) == 1
    later = time.monotonic() + 61
    monkeypatch.setattr(store.time, "monotonic", lambda: later)
    if site.target.url.get_backend_name() == "sqlite":
        assert not site.is_made(home)
    assert site.is_made(few)
    assert counts.take() == counted


def test_304_and_tag_hold_for_a_page_that_is_rendered_again(site):
    first = site.client.get("/", headers={"Cookie": "a=b"})
    assert first.headers["Cache-Control"] == "private, no-cache"
    headers = {"If-None-Match": first.headers["ETag"], "Cookie": "a=b"}
    assert site.client.get("/", headers=headers).status_code == 304


def test_head_has_the_headers_of_the_whole_answer(site):
    site.keep("/")
    whole = site.client.get("/")
    with made() as names:
        head = site.client.head("/")
    assert (head.status_code, head.data, names) == (200, b"", [])
    assert head.headers["Content-Length"] == str(len(whole.data))
    assert head.headers["ETag"] == whole.headers["ETag"]


def test_head_alone_keeps_the_page_whole(site):
    whole = site.client.get("/", headers={"Cookie": "a=b"}).data
    site.keep("/studios")  # the database answers
    site.client.head("/")
    assert not site.is_made("/")
    assert site.client.get("/").data == whole


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "anything=1"},
        {"Authorization": "Basic YTpi"},
        {"Range": "bytes=0-9"},
        {"If-Match": '"a"'},
        {"Transfer-Encoding": "chunked"},
    ],
    ids=lambda each: next(iter(each)),
)
def test_in_doubt_the_page_is_made(site, headers):
    site.keep("/")
    assert site.is_made("/", headers=headers)
    lower = {**HOST, **{name.lower(): value for name, value in headers.items()}}
    assert find("GET", "/", "", lower) is None
    assert find("GET", "/", "", HOST) is not None


@pytest.mark.parametrize("host", ["evil.example", "", "localhost, evil.example", "localhost."])
def test_another_hosts_name_is_refused_and_finds_nothing(site, host):
    site.keep("/")
    assert find("GET", "/", "", {"host": host}) is None
    assert find("GET", "/", "", {}) is None
    if host:
        assert site.client.get("/", headers={"Host": host}).status_code == 400


def test_what_a_proxy_did_not_say_poisons_nothing(site):
    """No proxy is trusted here: a header of the visitor's is only text."""
    clean = site.client.get("/").data
    dirty = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Host": "evil"}
    site.keep("/studios")
    site.pages.store.clear()
    site.client.get("/", headers=dirty)
    assert site.client.get("/").data == clean


def test_a_trusted_proxys_host_is_the_one_that_counts(site):
    site.pages._proxies = 1
    site.keep("/")
    assert find("GET", "/", "", {**HOST, "x-forwarded-host": "evil.example"}) is None
    assert find("GET", "/", "", {"host": "inner", "x-forwarded-host": "localhost"}) is not None


def test_control_room_client_area_private_links_and_forms_are_never_kept(site):
    site.keep("/")
    before = len(site.pages.store)
    for path in NEVER:
        for _ in range(2):
            site.client.get(path)
        assert find("GET", path, "", HOST) is None
    assert len(site.pages.store) == before


def test_a_cookie_or_a_token_in_the_answer_is_never_kept(site):
    said: list[str] = []

    def set_a_cookie(response: Response) -> Response:
        if said in (["cookie"], ["late cookie"]):
            response.set_cookie("seen", "1")
        return response

    def show_a_token() -> None:
        if said == ["token"]:
            g.shown = generate_csrf()
        if said == ["session"]:
            session["note"] = "yours"

    functions = site.app.after_request_funcs[None]  # the last of them is called first
    site.app.before_request_funcs.setdefault("directory", []).append(show_a_token)
    site.keep("/studios")
    for kind in ("cookie", "late cookie", "token", "session"):
        functions.insert(0 if kind == "late cookie" else len(functions), set_a_cookie)
        said[:] = [kind]
        site.pages.store.clear()
        answer = site.client.get("/", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        functions.remove(set_a_cookie)
        assert ("Content-Encoding" in answer.headers) == (kind == "late cookie")
        assert len(site.pages.store) == 0, kind


def test_no_method_but_get_and_head(site):
    site.keep("/")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"):
        assert find(method, "/", "", HOST) is None
    assert find("GET", "/", "", {**HOST, "content-length": "3"}) is None


def test_lease_identity_revision_and_maintenance_are_asked_before_the_store(site, monkeypatch):
    site.keep("/")
    monkeypatch.setattr("portal.databases.public_version.freshness.may_serve", lambda: False)
    assert find("GET", "/", "", HOST) is None
    monkeypatch.undo()
    assert find("GET", "/", "", HOST) is not None

    by_hand(site, "UPDATE portal_identity SET environment = 'production'")
    assert find("GET", "/", "", HOST) is None
    assert site.client.get("/").status_code == 503
    by_hand(site, "UPDATE portal_identity SET environment = 'development'")
    site.keep("/")

    readiness.declare(frozenset({"ffff"}))
    try:
        assert find("GET", "/", "", HOST) is None
        assert site.client.get("/").status_code == 503
    finally:
        readiness.declare(SERVES)


def test_a_process_without_both_leases_closes(site, monkeypatch):
    site.keep("/")
    monkeypatch.setattr("portal.databases.public_version.freshness.may_serve", lambda: False)
    monkeypatch.setattr("portal.databases.targets.readiness.may_serve", lambda: False)
    assert site.client.get("/").status_code == 503
    assert leases.holds_lease()


def test_maintenance_shows_its_notice_at_once_and_never_afterwards(site):
    site.keep("/")
    begin_maintenance(site.target, because="Trying", by=ANA)
    assert b"nothing in it can be changed" in site.client.get("/").data
    end_maintenance(site.target, by=ANA)
    assert b"nothing in it can be changed" not in site.client.get("/").data
    site.keep("/")


def test_a_table_that_is_gone_closes_the_site(site):
    site.keep("/")
    by_hand(site, "DROP TABLE review_responses")
    assert find("GET", "/", "", HOST) is None
    assert site.client.get("/").status_code == 503


def test_without_the_tables_of_the_version_nothing_is_kept_and_all_is_served(site):
    by_hand(site, "DROP TABLE portal_epoch", "DROP TABLE portal_versions")
    site.client.get("/")
    assert site.is_made("/")
    site.quiet.about = "Other words"
    db.session.commit()
    assert b"Other words" in site.client.get(site.addresses["quiet"]).data


def test_a_change_while_the_page_is_made_is_never_kept_under_the_new_version(site, monkeypatch):
    """The page that was begun before holds the old words; whoever comes after gets the new."""
    path = site.addresses["quiet"]
    site.keep("/")
    real, begun, go_on = site.app.jinja_env.get_template, threading.Event(), threading.Event()

    def slow(name, *more, **named):
        if threading.current_thread().name == "reader":
            begun.set()
            assert go_on.wait(10)
        return real(name, *more, **named)

    monkeypatch.setattr(site.app.jinja_env, "get_or_select_template", slow)
    pages = []
    reader = threading.Thread(
        name="reader", target=lambda: pages.append(site.app.test_client().get(path).data)
    )
    reader.start()
    assert begun.wait(10)
    db.session.get_one(StudioProfile, site.quiet.id).about = "New words"
    db.session.commit()
    go_on.set()
    reader.join(10)
    assert b"First words" in pages[0]
    assert b"New words" in site.client.get(path).data
    assert b"New words" in site.client.get(path).data


def test_what_depends_on_time_is_kept_for_a_minute(site, monkeypatch):
    site.keep("/")
    later = time.monotonic() + 59
    monkeypatch.setattr("portal.web.kept.store.time.monotonic", lambda: later)
    assert find("GET", "/", "", HOST) is not None
    for kept in site.pages.store._again.values():
        kept.longest = 60.0
    later += 2
    assert find("GET", "/", "", HOST) is None


def test_a_write_past_the_product_is_seen_within_a_minute(site, monkeypatch):
    """At once on SQLite, which tells of it."""
    path = site.addresses["quiet"]
    site.keep(path)
    by_hand(site, "UPDATE studio_profiles SET about = 'By hand'")
    if site.target.url.get_backend_name() == "sqlite":
        assert b"By hand" in site.client.get(path).data
    later = time.monotonic() + 61
    monkeypatch.setattr("portal.web.kept.store.time.monotonic", lambda: later)
    assert b"By hand" in site.client.get(path).data


def test_a_write_past_the_product_beside_one_of_its_own_is_seen_within_a_minute(site, monkeypatch):
    path = site.addresses["quiet"]
    site.keep(path)
    by_hand(
        site,
        "UPDATE studio_profiles SET about = 'By hand'",
        "UPDATE portal_versions SET number = number + 1 WHERE scope = 0",
    )
    later = time.monotonic() + 61
    monkeypatch.setattr("portal.web.kept.store.time.monotonic", lambda: later)
    assert b"By hand" in site.client.get(path).data


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_an_unchanged_page_is_kept_for_longer_where_the_engine_reports_changes(site, monkeypatch):
    site.keep("/")
    later = time.monotonic() + 3600
    monkeypatch.setattr("portal.web.kept.store.time.monotonic", lambda: later)
    assert find("GET", "/", "", HOST) is not None


def test_finding_is_quick(site):
    """Fifty times what it takes on two busy cores; a benchmark says how long that is."""
    site.keep("/")
    started = time.thread_time()
    for _ in range(50):
        assert find("GET", "/", "", HOST) is not None
    assert (time.thread_time() - started) / 50 < 0.01
