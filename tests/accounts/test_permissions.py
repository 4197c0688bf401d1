"""The table of permissions holds at every route: who, with which login, and what is left behind."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Account, LoginSession, Role
from portal.accounts.permissions.permission import Fresh, Permission
from portal.accounts.permissions.table import GROUPS, PERMISSIONS
from portal.audit.models import AuditEntry, Outcome
from portal.core.clock import now
from portal.core.storage.database import OpsModel, db
from portal.databases.backups.models import Backup
from portal.databases.policies.models import Window
from portal.jobs.models import Operation, Queue
from portal.runbooks.models import Run
from tests.house.tree import ROOT
from tests.support import pages
from tests.support.cast import log_in, make_account
from tests.support.nothing import require_none

READS = {"GET", "HEAD", "OPTIONS"}
#: What moves by itself, or tells of the attempt.
APART = {"audit", "audit_head", "audit_personal", "audit_refusal_counts", "throttle_marks"}
NAMES = {Role.ADMIN: "ana", Role.OPS: "omar", Role.CLIENT: "cleo"}
#: Their forms take the password, or keep a draft, and each has a test that sends all it takes:
#: tests/runbooks/test_fresh_login.py, tests/databases/test_restore_page.py and
#: tests/documents/editor/test_publication.py.
IN_VIEW = {
    "databases.create_restore",
    "runbooks.create_completion",
    "runbooks.create_confirmation",
    "runbooks.create_stage_confirmation",
    "runbooks.create_operation",
    "incidents.create_document_publication",
    "emails.create_document_publication",
}
#: Rows that wait for their route.
PENDING: set[str] = set()
#: Files that a person gets of what their own page shows anyway.
NO_EXPORTS = {
    *("incidents.show_letter_pdf", "incidents.show_link_pdf"),
    *("site.show_export", "site.create_export"),
    "staff.download_example",
}


@pytest.fixture(autouse=True)
def _pages_are_checked_elsewhere(monkeypatch):
    monkeypatch.setattr(pages, "check_page", lambda _text: None)


@pytest.fixture
def scene(app: Flask) -> dict[str, int | str]:
    """One of each thing that an address can be about, all of production's."""
    return things("production")


def things(target: str) -> dict[str, int | str]:
    moment, name = now(), f"{target}-1"
    backup = Backup(name=name, target=target, database_uuid="u", file="f", sha256="s", size=1)
    backup.counts, backup.content_digest, backup.reason, backup.taken_by = {}, "d", "r", "Ana"
    backup.taken_at, backup.seconds = moment, 1.0
    window = Window(target=target, summary="Move", announced_by="Ana")
    window.starts_at, window.ends_at = moment, moment + timedelta(hours=1)
    run = Run(runbook_id="book", title="Book", source="# Book", sha256="s", inputs={})
    run.target, run.driver_name, run.started_by = target, "Ana", "Ana"
    operation = Operation(kind="databases.check", title="Check", target=target, queue=Queue.HERE)
    operation.requested_by_name, operation.requested_by_role = "Ana", "admin"
    db.session.add_all([backup, window, run, operation])
    db.session.commit()
    return {
        "target": target,
        "name": name,
        "number": window.id,
        "run_id": run.id,
        "operation_id": operation.id,
        "runbook_id": f"migrate-{target}",
    }


def rows(app: Flask) -> Iterator[tuple[str, Permission]]:
    return ((name, row) for name, row in PERMISSIONS.items() if name in app.view_functions)


def address(app: Flask, endpoint: str, known: dict[str, int | str]) -> tuple[str, str]:
    """Method and path; what the scene does not know does not exist."""
    (rule,) = app.url_map.iter_rules(endpoint)
    values = {
        name: known.get(name, _unknown(rule._converters[name].regex)) for name in rule.arguments
    }
    method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    return method, str(app.url_map.bind("localhost").build(endpoint, values))


def _unknown(regex: str) -> int | str:
    if regex.startswith("\\d"):
        return 9999
    return str(UUID(int=4)) if "{8}-" in regex else "x"


def data(known: dict[str, int | str]) -> dict[str, object]:
    return {"target": known["target"], "input-target": known["target"], "reason": 'Say <b>\n"it"'}


def carried(text: str, path: str) -> set[tuple[str, str]]:
    """What the page that asks for the password sends to the same address with it."""
    page = BeautifulSoup(text, "html.parser")
    form = page.select_one(f'form[method=post][action="{path}"]:has([type=password])')
    found = form.select("input[type=hidden]") if form else []
    return {(str(each["name"]), str(each["value"])) for each in found}


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows of the control room's database, but for what tells of the attempt."""
    with db.engines["ops"].connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in OpsModel.metadata.sorted_tables
            if table.name not in APART
        }


def entries(action: str, outcome: Outcome = Outcome.REFUSED) -> int:
    query = select(func.count(AuditEntry.seq))
    found = db.session.scalar(
        query.where(AuditEntry.action == action, AuditEntry.outcome == outcome)
    )
    db.session.rollback()
    return found or 0


def age(session: LoginSession) -> None:
    session.authenticated_at = now() - timedelta(minutes=31)
    db.session.commit()


@pytest.mark.parametrize("role", [Role.CLIENT, Role.OPS])
def test_11_another_role_is_refused_that_is_recorded_and_nothing_is_changed(
    app, client, scene, role
):
    log_in(client, make_account(NAMES[role]))
    before, number = everything(), count(1)
    for endpoint, row in rows(app):
        if row.roles is None or role in row.roles:
            continue
        method, path = address(app, endpoint, scene)
        response = client.open(path, method=method, data=data(scene))
        assert response.status_code == 403, endpoint
        assert entries("access.refused") == next(number), endpoint
    assert everything() == before


def test_a_stranger_and_a_disabled_account_are_sent_to_the_login(app, client, scene):
    disabled = app.test_client()
    account = make_account("ana")
    log_in(disabled, account)
    account.disabled_at = now()
    db.session.commit()
    before = everything()
    for endpoint, row in rows(app):
        if row.roles is None:
            continue
        method, path = address(app, endpoint, scene)
        for who in (client, disabled):
            response = who.open(path, method=method, data=data(scene))
            assert response.status_code == 303, endpoint
            assert re.match(r"/ops/login(\?|$)", response.location), endpoint
    assert everything() == before


def test_a_form_without_its_token_changes_nothing(app, client, scene):
    log_in(client, make_account("ana"))
    before = everything()
    for endpoint, _ in rows(app):
        method, path = address(app, endpoint, scene)
        if method == "POST":
            response = client.post(path, data=data(scene), with_token=False)
            assert response.status_code == 400, endpoint
    assert everything() == before


def test_21_an_old_login_does_nothing_on_production_and_exports_nothing(app, client, scene):
    for endpoint, row in rows(app):
        if row.roles is None or row.in_view:
            continue
        age(log_in(client, someone_of(row)))
        before = everything()
        method, path = address(app, endpoint, scene)
        response = client.open(path, method=method, data=data(scene))
        asked = response.status_code == 401 or "/ops/login/again" in (response.location or "")
        assert asked is (row.fresh is not Fresh.NEVER), endpoint
        if asked:
            assert everything() == before, endpoint
        if asked and method == "POST":
            assert carried(response.text, path) >= set(data(scene).items()), endpoint


def test_each_role_of_a_row_gets_past_it_and_on_development_an_old_login_does(app, client):
    """What it meets then is the view's: nothing there, or a form that lacks everything."""
    known = things("development")
    for endpoint, row in rows(app):
        for role in row.roles or ():
            session = log_in(client, someone_of(row, role))
            if row.fresh is not Fresh.ALWAYS:
                age(session)
            method, path = address(app, endpoint, known)
            response = client.open(path, method=method, data=data(known))
            assert response.status_code not in {401, 403}, (endpoint, role)
            assert not (response.location or "").startswith("/ops/login?"), (endpoint, role)


@pytest.mark.parametrize("target", ["production", "", "Development", "development ", "nowhere"])
def test_an_unknown_database_is_treated_as_production(client, target):
    age(log_in(client, make_account("omar")))
    response = client.post("/ops/windows", data={"target": target, "summary": "Move"})
    assert response.status_code == 401


def test_37_a_route_without_a_row_is_refused_when_it_is_used(app, client, monkeypatch):
    carried_out = []
    app.add_url_rule("/ops/new", "new", lambda: carried_out.append(1) or "", methods=["POST"])
    log_in(client, make_account("ana"))
    assert client.post("/ops/new").status_code == 403
    assert (carried_out, entries("access.refused")) == ([], 1)
    monkeypatch.setitem(PERMISSIONS, "new", Permission("try", (Role.ADMIN,), Fresh.NEVER, None))
    assert client.post("/ops/new").status_code == 200


def test_37_every_route_that_changes_something_has_a_row_and_every_row_a_route(app):
    changing = {r.endpoint for r in app.url_map.iter_rules() if (r.methods or set()) - READS}
    exports = {endpoint for endpoint, row in rows(app) if row.is_export}
    with_row = set(PERMISSIONS) - exports
    require_none(
        changing - with_row, "Add a row to a group of portal/accounts/permissions/table.py"
    )
    require_none(with_row - PENDING - changing, "No route changes this: remove the row")
    files = re.compile(r"download|patch|pdf|export|\.eml$|\.csv$|\.jsonl$")
    found = {r.endpoint for r in app.url_map.iter_rules() if files.search(f"{r.endpoint} {r.rule}")}
    require_none(found - exports - NO_EXPORTS, "A file leaves here: add a row by _export()")
    require_none((exports | NO_EXPORTS) - found, "No file leaves here: remove the row")
    in_view = {endpoint for endpoint, row in rows(app) if row.in_view}
    require_none(in_view ^ IN_VIEW, "Each row with in_view=True has a test, and is in IN_VIEW")


def test_no_row_needs_a_fresh_login_of_a_visitor_or_forgets_which_database_it_is_about():
    for endpoint, row in PERMISSIONS.items():
        assert row.roles is not None or row.fresh is Fresh.NEVER, endpoint
        assert (row.concerns is not None) is (row.fresh is Fresh.ON_PRODUCTION), endpoint


def test_what_leaves_as_a_file_is_recorded_each_time(client, app):
    log_in(client, make_account("omar"))
    for _ in range(2):
        client.get("/ops/mailbox/nothing/file")
    assert entries("export.downloaded", Outcome.DONE) == 0
    slug = next(path.stem for path in (ROOT / "incidents").glob("*.md"))
    for _ in range(2):
        assert client.get(f"/ops/incidents/{slug}.pdf").status_code == 200
        client.head(f"/ops/incidents/{slug}.pdf")
    assert entries("export.downloaded", Outcome.DONE) == 2


def test_the_guide_says_what_the_table_says():
    written = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    right = "\n\n".join(map(guide, GROUPS)).removeprefix("## ") + "\n"
    is_, should = written.split("\n## ", 1)[1].splitlines(), right.splitlines()
    require_none(set(should) - set(is_), "Add these lines to docs/permissions.md")
    require_none(set(is_) - set(should), "Remove these lines from docs/permissions.md")
    assert is_ == should, "docs/permissions.md: its rows are in the order of the table"


def guide(title: str) -> str:
    lines = [
        f"## {title}",
        "",
        "| what | who | fresh login | audit action |",
        "|---|---|---|---|",
        *(line_of(row) for row in GROUPS[title].values()),
    ]
    return "\n".join(lines)


def line_of(row: Permission) -> str:
    who = "everybody" if row.roles is None else ", ".join(sorted(row.roles))
    fresh = {Fresh.ALWAYS: "yes", Fresh.NEVER: "no", Fresh.ON_PRODUCTION: "on production"}
    action = f"`{row.action}`" if row.action else "none"
    return f"| {row.does} | {who} | {fresh[row.fresh]} | {action} |"


def someone_of(row: Permission, role: Role | None = None) -> Account:
    """Somebody whom the row allows."""
    return make_account(NAMES[role or max(row.roles or ())])
