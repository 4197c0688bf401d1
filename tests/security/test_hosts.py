"""45. A foreign `Host` is refused, whatever way it is named; nothing is asked or written for it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.app import create_app
from portal.audit.models import AuditEntry, RefusalCount
from portal.control.setup import prepare_ops
from portal.core.configuration.hosts import AllowedHost, Host, allowed_hosts, base_host, read_host
from portal.core.configuration.settings import load_settings
from portal.core.errors import SettingError
from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from tests.house.tree import ROOT
from tests.support.waiting import wait_until

SITE = "https://studios.example"


def make_app(data: Path, **environ: str) -> Flask:
    app = create_app(load_settings({"PORTAL_DATA": str(data), "SECRET_KEY": "k", **environ}))
    app.testing = True
    return app


@pytest.fixture
def real(tmp_path: Path) -> Flask:
    """A real control room's site, with one more name."""
    app = make_app(tmp_path, BASE_URL=SITE, ALLOWED_HOSTS="www.studios.example, ops.example:8443")
    with app.app_context():
        prepare_ops()
        control_room(is_demo=False)
        db.session.commit()
        db.session.remove()
    return app


def asked(app: Flask, host: str | None, path: str = "/ops/login", **environ: str) -> int:
    more = {"HTTP_HOST": host} if host is not None else {}
    answer = app.test_client().get(path, environ_overrides={**more, **environ})
    if answer.status_code == 400:
        assert "ALLOWED_HOSTS" in answer.text
        assert answer.text.count("\n") == 1
        assert len(answer.text) < 300
        assert answer.mimetype == "text/plain"
    return answer.status_code


FOREIGN = [
    "evil.example",
    "studios.example.evil.example",
    "evilstudios.example",
    "studios.example:8000",
    "studios.example:80",
    "studios.example.",
    "studios.example:",
    "studios.example:0443",
    "studios.example:99999",
    "user@studios.example",
    "studios.example@evil.example",
    "studios.example,evil.example",
    "evil.example, studios.example",
    "studios.example/evil",
    "studios.example evil.example",
    "studios.example#@evil.example",
    "ſtudios.example",
    "www.studios.example:8443",
    "ops.example",
    "ops.example:443",
    "localhost",
    "127.0.0.1:8000",
    "[::1]",
    "[studios.example]",
    "",
    "<script>alert(1)</script>",
    "a" * 5_000,
]


def test_45_a_foreign_host_is_refused_in_a_sentence_that_names_the_setting(real) -> None:
    assert [host for host in FOREIGN if asked(real, host) != 400] == []
    assert asked(real, "evil.example", "/static/css/band.css") == 400
    assert asked(real, "evil.example", "/nothing-here") == 400
    for odd in ("/ops/login?page=" + "9" * 50, "/ops/accounts/" + "9" * 50, "//evil.example"):
        assert asked(real, "evil.example", odd) == 400, odd
    with real.app_context():
        assert db.session.scalar(select(AuditEntry)) is None
        assert db.session.scalar(select(RefusalCount)) is None
        db.session.remove()


def test_45_its_own_names_are_answered_to(real) -> None:
    own = ["studios.example", "STUDIOS.example", "studios.example:443", "www.studios.example"]
    own += ["www.studios.example:443", "www.studios.example:80", "ops.example:8443"]
    assert [host for host in own if asked(real, host) != 200] == []


def test_45_what_is_quoted_is_cleaned(real) -> None:
    said = real.test_client().get("/", headers={"Host": "<b>evil</b>\u202e.example"}).text
    assert "“bevilb.example”" in said
    assert "<" not in said


def test_45_a_refusal_for_its_host_sets_no_cookie_and_redirects_nowhere(real) -> None:
    answer = real.test_client().post("/ops/login", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert not answer.headers.getlist("Set-Cookie")
    assert "Location" not in answer.headers


def test_45_machines_may_ask_by_any_name(real) -> None:
    assert asked(real, "10.0.0.7:8000", "/healthz") == 200
    assert asked(real, "10.0.0.7:8000", "/readyz") == 503  # its directory is not there
    assert asked(real, "10.0.0.7:8000", "/healthz/../ops/login") == 400


def test_45_an_address_in_the_first_line_counts_too(real) -> None:
    foreign = {"RAW_URI": "http://evil.example/ops/login"}
    own = {"RAW_URI": "https://studios.example/ops/login?next=http://evil.example"}
    assert asked(real, "studios.example", **foreign) == 400
    assert asked(real, "studios.example", RAW_URI="http://studios.example@evil.example/") == 400
    assert asked(real, "studios.example", **own) == 200


def test_45_a_forwarded_host_counts_only_behind_a_proxy_that_is_named(real, tmp_path) -> None:
    forwarded = {"HTTP_X_FORWARDED_HOST": "studios.example", "HTTP_X_FORWARDED_PROTO": "https"}
    assert asked(real, "evil.example", **forwarded) == 400
    assert asked(real, "studios.example", HTTP_X_FORWARDED_HOST="evil.example") == 200
    behind = make_app(tmp_path, BASE_URL=SITE, TRUSTED_PROXIES="1")
    assert asked(behind, "10.0.0.7:8000", **forwarded) == 200
    assert asked(behind, "studios.example", HTTP_X_FORWARDED_HOST="evil.example") == 400
    doubled = {"HTTP_X_FORWARDED_HOST": "studios.example, evil.example"}
    assert asked(behind, "10.0.0.7:8000", **doubled) == 400


LOCAL = ["localhost", "LOCALHOST:9001", "127.0.0.1:8000", "[::1]", "[0:0:0:0:0:0:0:1]:8000"]
NOT_LOCAL = ["evil.example", "localhost.evil.example", "127.0.0.2", "[::2]", "0.0.0.0:8000"]


def test_45_a_developers_machine_answers_to_local_names_alone(tmp_path) -> None:
    app = make_app(tmp_path)
    with app.app_context():
        prepare_ops()
        db.session.remove()
    assert [host for host in LOCAL if asked(app, host) != 200] == []
    assert [host for host in NOT_LOCAL if asked(app, host) != 400] == []


@pytest.mark.parametrize("is_demo", [True, False])
def test_45_a_demo_answers_to_local_names_beside_its_own(tmp_path, is_demo: bool) -> None:
    app = make_app(tmp_path, BASE_URL="https://demo.example")
    assert asked(app, "localhost:8000") == 400  # nobody can tell yet
    with app.app_context():
        prepare_ops()
        control_room(is_demo=is_demo)
        db.session.commit()
        db.session.remove()
    assert {asked(app, host) for host in LOCAL} == {200 if is_demo else 400}
    assert asked(app, "demo.example") == 200


@pytest.mark.parametrize(
    "environ",
    [
        {"BASE_URL": "studios.example"},
        {"BASE_URL": "ftp://studios.example"},
        {"BASE_URL": "https://"},
        {"BASE_URL": "https://user@studios.example"},
        {"BASE_URL": "https://studios.example:port"},
        {"BASE_URL": "https://[::1"},
        {"BASE_URL": "https://studios.example/?a=b"},
        {"ALLOWED_HOSTS": "*"},
        {"ALLOWED_HOSTS": ".studios.example"},
        {"ALLOWED_HOSTS": "https://studios.example"},
        {"ALLOWED_HOSTS": "studios.example:0"},
        {"ALLOWED_HOSTS": "a b"},
    ],
    ids=str,
)
def test_45_a_setting_that_names_no_host_ends_the_start(environ: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=next(iter(environ))):
        load_settings(environ)


def test_45_hosts_are_read_exactly() -> None:
    assert read_host("[0::1]:80") == Host("[::1]", 80)
    assert base_host("http://[::1]:8000/") == AllowedHost("[::1]", frozenset({8000}))
    assert allowed_hosts("münchen.example") == allowed_hosts("xn--mnchen-3ya.example")
    assert allowed_hosts(" , ") == ()


def spoken(port: int, request: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(request.replace("\n", "\r\n").encode())
        return line.recv(100).split(b"\r\n")[0].decode()


def test_45_the_real_server_hands_on_what_was_asked(tmp_path) -> None:
    """Headers twice, none at all, and whole addresses, as bytes on a line."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {"PORTAL_DATA": str(tmp_path), "PORT": str(port), "PATH": "/usr/bin:/bin"}
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL
    )
    own, foreign = f"Host: localhost:{port}\n", "Host: evil.example\n"
    try:
        wait_until(lambda: _is_up(port))
        answers = {
            "own": spoken(port, f"GET /static/css/band.css HTTP/1.1\n{own}\n"),
            "twice": spoken(port, f"GET / HTTP/1.1\n{foreign}{own}\n"),
            "twice, own first": spoken(port, f"GET / HTTP/1.1\n{own}{foreign}\n"),
            "none": spoken(port, "GET / HTTP/1.0\n\n"),
            "whole": spoken(port, f"GET http://evil.example/ HTTP/1.1\n{own}\n"),
            "health": spoken(port, "GET /healthz HTTP/1.0\n\n"),
        }
    finally:
        server.terminate()
        server.wait(10)
    statuses = {name: line.split(" ")[1] for name, line in answers.items()}
    assert statuses.pop("own") == statuses.pop("health") == "200"
    assert set(statuses.values()) == {"400"}, answers


def _is_up(port: int) -> bool:
    try:
        return " 200 " in spoken(port, "GET /healthz HTTP/1.0\n\n")
    except OSError:
        return False
