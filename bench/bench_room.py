"""The cost of control room pages and client pages compared with bare Flask.

    python bench/bench_room.py [page ...]

On a demo, in one process. Ratio: processor time of a bare Flask view that returns the same bytes
divided by the page's, each requested over a socket, in turns. `processor`: the page alone, by
Flask's test client. Statements are counted as in `tests/web/budgets`.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from bench.ratios import Ratio, Timed, machine, measure
from portal.accounts.login.cookies import cookie_name
from portal.accounts.models import Account, Realm
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import set_up
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.runbooks.engine.runs import start_run
from tests.support.cast import log_in
from tests.web.budgets.counting import counted

ROUNDS = 9
TIMES = 5
STUDIOS = 642
INCIDENT = "2025-12-16-directory-offline"


@dataclass(frozen=True)
class Page:
    """The role that requests it, and the required fraction of bare Flask's requests per second."""

    path: str
    role: str = "admin"
    goal: float | None = None


PAGES = (
    Page("/ops", goal=0.04),
    Page("/ops/databases", goal=0.04),
    Page("/ops/migrations"),
    Page("/ops/backups"),
    Page("/ops/incidents", goal=0.04),
    Page(f"/ops/incidents/{INCIDENT}"),
    Page(f"/ops/incidents/{INCIDENT}/edit"),
    Page("/ops/runbooks"),
    Page("/ops/runs/1"),
    Page("/ops/audit"),
    Page("/ops/accounts"),
    Page("/client", "client"),
    Page(f"/client/incidents/{INCIDENT}", "client", goal=0.05),
)
EMAILS = {"admin": "ana@talkback.example", "client": "cleo@client.example"}


def demo(folder: str) -> tuple[Flask, dict[str, FlaskClient]]:
    app = create_app(load_settings({"PORTAL_DATA": folder, "SECRET_KEY": "bench"}))
    app.testing = True  # a benchmark takes no lease
    with app.app_context():
        set_up(demo=True, studios=STUDIOS, by=SYSTEM, say=lambda _: None)
        asked = {"target": "production", "reason": "A benchmark"}
        start_run("migrate-production", inputs=asked, by=_account("admin"))
        db.session.commit()
        return app, {role: _logged_in(app, role) for role in EMAILS}


def _account(role: str) -> Account:
    return db.session.scalars(select(Account).where(Account.email == EMAILS[role])).one()


def _logged_in(app: Flask, role: str) -> FlaskClient:
    client = app.test_client()
    log_in(client, _account(role))
    return client


def bare(body: bytes) -> Flask:
    """Plain Flask with one view that returns these bytes."""
    app = Flask("bare")
    app.add_url_rule("/", view_func=lambda: Response(body, mimetype="text/html"))
    return app


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_told: object) -> None:
        """No log output during the measurement."""


@contextmanager
def asked_over_http(app: Flask, path: str, cookie: str = "") -> Iterator[Timed]:
    """A server and a client in this process, on one connection: processor seconds of both."""
    server = make_server("127.0.0.1", 0, app, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = HTTPConnection("127.0.0.1", server.port)

    def ask() -> None:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)

    def timed() -> float:
        ask()
        started = time.process_time()
        for _ in range(TIMES):
            ask()
        return (time.process_time() - started) / TIMES

    yield timed
    connection.close()
    server.shutdown()
    server.server_close()


def ratio_of(page: Page, client: FlaskClient, app: Flask) -> Ratio:
    name = cookie_name(app, f"portal_{Realm.STAFF}")
    held = client.get_cookie(name)
    cookie = f"{name}={held.value}" if held else ""
    reference = bare(client.get(page.path).data)
    with asked_over_http(app, page.path, cookie) as ours, asked_over_http(reference, "/") as theirs:
        return measure(ours, theirs, rounds=ROUNDS)


def processor_ms(client: FlaskClient, path: str) -> float:
    """Of the page alone, without a server: the thread's, the median of this many requests."""
    found = []
    for _ in range(ROUNDS * TIMES):
        started = time.thread_time()
        client.get(path)
        found.append(time.thread_time() - started)
    return statistics.median(found) * 1000


def statements(client: FlaskClient, path: str) -> int:
    with pytest.MonkeyPatch.context() as monkeypatch, counted(monkeypatch) as asked:
        client.get(path)
    return len(asked.statements)


def row(page: Page, clients: dict[str, FlaskClient], app: Flask) -> str:
    client = clients[page.role]
    assert client.get(page.path).status_code == 200, page.path
    count, spent = statements(client, page.path), processor_ms(client, page.path)
    found = ratio_of(page, client, app)
    wanted = f"≥ {page.goal:g}" if page.goal else ""
    verdict = ("met" if found.median >= page.goal else "MISSED") if page.goal else ""
    spread = f"{min(found.rounds):.3f}–{max(found.rounds):.3f}"
    return (
        f"{page.path:<54}{count:>11}{spent:>9.1f} ms{found.median:>8.3f}{spread:>14}"
        f"{wanted:>8}  {verdict}"
    )


def main() -> None:
    wanted = sys.argv[1:]
    print(machine())
    print(f"{'page':<54}{'statements':>11}{'processor':>12}{'ratio':>8}{'spread':>14}{'goal':>8}")
    with tempfile.TemporaryDirectory() as folder:
        app, clients = demo(folder)
        for page in PAGES:
            if not wanted or page.path in wanted:
                print(row(page, clients, app), flush=True)


if __name__ == "__main__":
    main()
