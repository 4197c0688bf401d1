"""What a row promises is in the log after one whole walk through the pages: a successful call of
each route leaves its row's action, done, and by whoever called."""

import re

from flask import Flask, url_for
from sqlalchemy import select

from portal.accounts.models import LoginSession, Role
from portal.accounts.permissions.table import ACCOUNTS, DATABASES, LOGIN, PERMISSIONS
from portal.audit.models import AuditEntry, Outcome
from portal.core.storage.database import db
from tests.support.cast import PASSWORD, log_in, make_account

SHORT = {"name": "Harbour", "slug": "harbour", "reading": "all"}
NIA = {"name": "Nia", "email": "nia@harbour.example", "time_zone": "UTC"}
HARBOUR, FIRST, OTHER = {"slug": "harbour"}, {"contact_id": 1}, {"account_id": 2}
PRODUCTION, DEVELOPMENT = {"target": "production"}, {"target": "development"}
WINDOW = {"summary": "Move", "starts": "2040-01-01T10:00", "ends": "2040-01-01T11:00"}

#: Endpoint, what is in its address, what is sent; in an order in which each succeeds.
WALK: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("accounts.create_one_account", {}, {"name": "Eve", "email": "eve@a.example", "role": "ops"}),
    ("accounts.update_role", OTHER, {"role": "admin"}),
    ("accounts.create_password_reset", OTHER, {}),
    ("accounts.create_disablement", OTHER, {}),
    ("accounts.delete_disablement", OTHER, {}),
    ("accounts.create_one_organisation", {}, SHORT),
    ("accounts.update_organisation", HARBOUR, {"name": "Harbour", "reading": "named"}),
    ("accounts.create_contact", HARBOUR, NIA),
    ("accounts.update_contact", FIRST, NIA | {"name": "Nia N."}),
    ("accounts.create_contact_login", FIRST, {}),
    ("accounts.delete_login_connection", FIRST, {}),
    ("accounts.create_login_connection", FIRST, {"account_id": "3"}),
    ("accounts.create_contact_archival", FIRST, {}),
    ("accounts.delete_contact_archival", FIRST, {}),
    ("accounts.create_organisation_archival", HARBOUR, {}),
    ("accounts.delete_organisation_archival", HARBOUR, {}),
    ("audit.create_verification", {}, {}),
    ("databases.create_backup", {}, PRODUCTION | {"reason": "Before"}),
    ("jobs.create_stop", {"operation_id": 1}, {}),
    ("databases.create_maintenance", PRODUCTION, {"reason": "Moving"}),
    ("databases.delete_maintenance", PRODUCTION, {}),
    ("databases.create_migration", DEVELOPMENT, {}),
    ("databases.create_sync", {}, {}),
    ("databases.create_window", {}, PRODUCTION | WINDOW),
    ("databases.create_window_withdrawal", {"number": 1}, {}),
    ("accounts.update_time_zone", {}, {"time_zone": "Europe/Paris"}),
    ("accounts.create_fresh_login", {}, {"password": PASSWORD}),
    ("accounts.create_password", {}, {"current": PASSWORD, "new": "a quite different sentence"}),
    ("accounts.end_other_sessions", {}, {}),
    ("accounts.end_one_session", {"session_id": 1}, {}),
    (
        "accounts.create_login",
        {},
        {"email": "ana@example.com", "password": "a quite different sentence"},
    ),
    ("accounts.delete_login", {}, {}),
]
#: These take a target that is registered, drifted, served or backed up, and are walked in
#: tests/databases, each of which looks at its entry. A demo: tests/accounts/test_demo_login.py.
WALKED_ELSEWHERE = {
    "accounts.create_demo_login",
    "databases.create_adoption",
    "databases.create_change",
    "databases.create_comparison",
    "databases.create_death",
    "databases.create_drift_acceptance",
    "databases.create_drift_withdrawal",
    "databases.create_known_session",
    "databases.create_override",
    "databases.create_override_withdrawal",
    "databases.create_restore",
    "databases.create_verification",
    "databases.delete_known_session",
    "databases.update_window_rule",
}


def test_each_successful_call_leaves_the_action_of_its_row(app: Flask, client):
    ana = make_account("ana")
    log_in(client, ana)
    log_in(app.test_client(), ana)
    for endpoint, values, sent in WALK:
        row, before = PERMISSIONS[endpoint], newest()
        with app.test_request_context():
            address = url_for(endpoint, **values)
        response = client.post(address, data=sent)
        assert response.status_code < 400, (endpoint, said(response.text))
        assert (row.action, Outcome.DONE, Role.ADMIN) in entries_after(before), endpoint


def test_the_walk_leaves_no_route_of_these_parts_out():
    walked = {endpoint for endpoint, _, _ in WALK}
    assert {*ACCOUNTS, *LOGIN, *DATABASES} - walked == WALKED_ELSEWHERE


def test_ending_a_session_that_is_not_one_s_own_is_recorded_for_whose_it_was(client):
    """With a session id from elsewhere ops get nothing, and admins leave an entry."""
    session = log_in(client.application.test_client(), make_account("ana"))
    log_in(client, make_account("omar"))
    assert client.post(f"/ops/sessions/{session.id}/end").status_code == 404
    assert db.session.get_one(LoginSession, session.id).ended_at is None


def newest() -> int:
    seq = db.session.scalar(select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)) or 0
    db.session.rollback()
    return seq


def entries_after(seq: int) -> set[tuple[str, Outcome, str]]:
    found = db.session.scalars(select(AuditEntry).where(AuditEntry.seq > seq)).all()
    entries = {(entry.action, entry.outcome, entry.actor_role) for entry in found}
    db.session.rollback()
    return entries


def said(page: str) -> str:
    """What an error page says, for whoever reads the failure."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())[:300]
