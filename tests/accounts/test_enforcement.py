"""What holds each request to its row, where rows of the product do not try it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Role
from portal.accounts.permissions.enforcement import needs_fresh_login, require_fresh_login_of_row
from portal.accounts.permissions.permission import Fresh, Permission
from portal.accounts.permissions.table import PERMISSIONS
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from tests.accounts.test_permissions import age
from tests.support.cast import log_in, make_account

STAFF = (Role.OPS, Role.ADMIN)


def recorded(action: str) -> int:
    db.session.rollback()
    query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
    return db.session.scalar(query) or 0


@pytest.mark.parametrize(
    ("status", "method", "times"),
    [(200, "GET", 1), (206, "GET", 1), (304, "GET", 0), (404, "GET", 0), (200, "HEAD", 0)],
)
def test_a_file_is_recorded_when_it_leaves_whole_or_in_part(
    app: Flask, client: FlaskClient, monkeypatch, status: int, method: str, times: int
):
    row = Permission("take it", STAFF, Fresh.NEVER, "export.downloaded", is_export=True)
    monkeypatch.setitem(PERMISSIONS, "a_file", row)
    app.add_url_rule("/ops/a-file", "a_file", lambda: ("x", status))
    log_in(client, make_account("omar"))
    assert client.open("/ops/a-file", method=method).status_code == status
    assert recorded("export.downloaded") == times


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_page_that_only_reads_needs_no_row_for_any_way_to_ask(client: FlaskClient, method: str):
    log_in(client, make_account("omar"))
    assert client.open("/ops", method=method).status_code == 200


def test_an_address_that_leads_nowhere_is_not_found_whatever_is_sent(client: FlaskClient):
    log_in(client, make_account("omar"))
    assert client.get("/ops/nowhere-at-all").status_code == 404
    assert client.post("/ops/nowhere-at-all").status_code == 404


def test_a_row_that_names_no_database_counts_as_production(app: Flask):
    row = Permission("change", STAFF, Fresh.ON_PRODUCTION, None, concerns=None)
    with app.test_request_context("/ops"):
        assert needs_fresh_login(row)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (None, 303),
        (Permission("change", STAFF, Fresh.ALWAYS, None, in_view=True), 401),
        (Permission("change", STAFF, Fresh.NEVER, None, in_view=True), 200),
    ],
)
def test_a_view_that_asks_itself_gets_what_its_row_says_and_without_one_the_strictest(
    app: Flask, client: FlaskClient, monkeypatch, row: Permission | None, status: int
):
    method = "POST" if row else "GET"
    if row:
        monkeypatch.setitem(PERMISSIONS, "asking", row)

    @app.route("/ops/asking", methods=[method])
    def asking() -> str:
        require_fresh_login_of_row()
        return "done"

    age(log_in(client, make_account("omar")))
    assert client.open("/ops/asking", method=method).status_code == status
