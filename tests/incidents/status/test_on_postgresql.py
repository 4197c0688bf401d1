"""The same at a server: versions of single tables, and locks that no visitor waits for."""

import time

from flask import Flask

from portal.core.clock import now
from portal.core.configuration.settings import load_settings
from portal.core.storage import busy
from portal.core.storage.database import db, own_ops_transaction
from portal.incidents.views.status import StatusVersion
from tests.incidents.status.conftest import Visitor
from tests.incidents.status.scene import make_incident, make_probe, make_update
from tests.support.ops_on_postgres import pg_app

__all__ = ["pg_app"]


def test_the_version_follows_what_the_page_shows_on_a_server(pg_app: Flask):
    url = pg_app.extensions["portal.settings"].ops_url.render_as_string(hide_password=False)
    data = str(pg_app.extensions["portal.settings"].data)
    asker = StatusVersion(
        load_settings({"PORTAL_DATA": data, "SECRET_KEY": "k", "OPS_DATABASE_URL": url})
    )
    until = time.monotonic() + 10
    while (before := asker.ask()) is None and time.monotonic() < until:
        time.sleep(0.01)
    assert before is not None
    seen = {before.key}
    row = make_incident("outage")
    for change in (
        lambda: None,
        lambda: make_update(row, "Words."),
        lambda: setattr(row.updates[0], "held_at", now()),
        lambda: make_probe("Search"),
    ):
        change()
        db.session.commit()
        found = asker.ask()
        assert found is not None
        assert found.key not in seen
        assert found == asker.ask()
        seen.add(found.key)


def test_a_lock_at_a_server_delays_a_visitor_for_a_moment(pg_app: Flask, monkeypatch):
    pg_app.testing, pg_app.test_client_class = True, Visitor
    visitor = pg_app.test_client()
    monkeypatch.setattr(busy, "IMPATIENCE", 0.05)
    make_probe("Search")
    visitor.get("/status")
    db.session.commit()
    latest = time.monotonic() + 3
    monkeypatch.setattr(time, "monotonic", lambda: latest)
    with db.engines["ops"].connect() as other:
        other.exec_driver_sql("LOCK TABLE live_incidents IN ACCESS EXCLUSIVE MODE")
        began = time.perf_counter()
        assert "can’t be read now" in visitor.said()
        assert time.perf_counter() - began < 3
        other.rollback()
    monkeypatch.setattr(time, "monotonic", lambda: latest + 3)
    with own_ops_transaction():  # a writer, whom no reader waits for
        assert "is up" in visitor.said()
    with db.engines["ops"].connect() as one:
        assert one.exec_driver_sql("SHOW statement_timeout").scalar() == "0"
