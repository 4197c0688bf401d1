"""What pages of the control room and of clients cost beside bare Flask.

    python bench/bench_room.py [page]

On a demo, in one process: each page and a bare Flask view that returns the same bytes take turns.
Processor's time of the thread, statements as `tests/web/budgets` counts them. The ratio is the
bare view's time by the page's; over HTTP both have a server's work besides, so it is stricter.
"""

import sys
import tempfile
import time

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import select

from bench.ratios import Timed, line, machine, measure
from portal.accounts.models import Account
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import set_up
from portal.core.database import db
from portal.core.settings import load_settings
from portal.runbooks.service import start_run
from tests.support.cast import log_in
from tests.web.budgets.counting import counted

ROUNDS = 9
STUDIOS = 642
INCIDENT = "2025-12-16-directory-offline"
PAGES = {
    "/ops": ("admin", 0.04),
    "/ops/databases": ("admin", 0.04),
    "/ops/migrations": ("admin", None),
    "/ops/backups": ("admin", None),
    "/ops/incidents": ("admin", 0.04),
    f"/ops/incidents/{INCIDENT}": ("admin", None),
    f"/ops/incidents/{INCIDENT}/edit": ("admin", None),
    "/ops/runbooks": ("admin", None),
    "/ops/runs/1": ("admin", None),
    "/ops/audit": ("admin", None),
    "/ops/accounts": ("admin", None),
    "/client": ("client", None),
    f"/client/incidents/{INCIDENT}": ("client", 0.05),
}
EMAILS = {"admin": "ana@talkback.example", "client": "cleo@client.example"}


def demo(folder: str) -> tuple[Flask, dict[str, FlaskClient]]:
    app = create_app(load_settings({"PORTAL_DATA": folder, "SECRET_KEY": "bench"}))
    app.testing = True  # a benchmark holds no lease
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


def bare(body: bytes) -> FlaskClient:
    app = Flask("bare")
    app.add_url_rule("/", view_func=lambda: Response(body, mimetype="text/html"))
    return app.test_client()


def processor_seconds(client: FlaskClient, path: str, times: int) -> Timed:
    def timed() -> float:
        started = time.thread_time()
        for _ in range(times):
            assert client.get(path).status_code == 200, path
        return (time.thread_time() - started) / times

    return timed


def statements(client: FlaskClient, path: str) -> int:
    with counted(pytest.MonkeyPatch()) as asked:
        client.get(path)
    return len(asked.statements)


def main() -> None:
    wanted = sys.argv[1:] or list(PAGES)
    with tempfile.TemporaryDirectory() as folder:
        _, clients = demo(folder)
        print(machine())
        for path in wanted:
            role, goal = PAGES[path]
            client = clients[role]
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            found = measure(
                processor_seconds(client, path, 5),
                processor_seconds(bare(answer.data), "/", 50),
                rounds=ROUNDS,
            )
            print(line(path, found, goal=goal), statements(client, path), flush=True)


if __name__ == "__main__":
    main()
