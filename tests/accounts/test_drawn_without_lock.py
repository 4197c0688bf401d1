"""Pages that a form leads to and that write nothing are drawn while others may write to ops."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import time_machine
from flask import template_rendered

from portal.core.clock import now
from tests.support.cast import log_in, make_account

RESET = "/ops/accounts/{}/password"


def test_a_handover_a_refusal_and_the_page_in_between_hold_no_lock(app, client, settings):
    """Whoever is looked at by `template_rendered` has asked ops for what stands on the page."""
    ana, omar = make_account("ana"), make_account("omar")
    log_in(client, ana)
    drawn: dict[str, bool] = {}

    def look(_sender, template, **_more) -> None:
        with closing(sqlite3.connect(settings.data / "ops.sqlite3", timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
                drawn[template.name] = True
            except sqlite3.OperationalError:
                drawn[template.name] = False

    with template_rendered.connected_to(look, app):
        assert client.post(RESET.format(omar.id)).status_code == 200
        assert client.post(RESET.format(9999)).status_code == 404
        with time_machine.travel(now() + timedelta(minutes=31), tick=True):
            assert client.post(RESET.format(omar.id)).status_code == 401
    pages = ("accounts/handover", "error", "accounts/confirm_login")
    assert drawn == {f"{page}.html": True for page in pages}
