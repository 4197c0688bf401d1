import json, os, re
from dataclasses import replace
from pathlib import Path

import pytest

from portal.accounts.models import Contact, Organisation
from portal.core.database import db
from portal.core.settings import Settings
from portal.databases.registry import control_room, registered_target
from portal.emails.drafts import prepare_drafts
from portal.emails.library import template_named
from portal.incidents.reports import report_named
from portal.runbooks.service import start_run
from tests.emails.pages.conftest import REPORT, TEMPLATE
from tests.house.test_routes import SAVED
from tests.support.cast import log_in, make_account
from tests.support.databases import CONSOLIDATED, LEGACY, make_database
from tests.web.budgets.counting import counted
from tests.web.budgets.rows import SLUG, add_rows
BOOK = "# Book\n\n## Steps\n\n### One\n\nDo it.\n"


def files(folder: Path, first: int, last: int) -> None:
    for n in range(first, last):
        (folder / "runbooks" / f"book{n}.md").write_text(BOOK)
        (folder / "incidents" / f"report-{n}.md").write_text(REPORT.replace("resolved\nst", "open\nst"))
        (folder / "incidents" / "emails" / f"update{n}.md").write_text(TEMPLATE)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "incidents" / "emails").mkdir(parents=True)
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "incidents" / f"{SLUG}.md").write_text(REPORT)
    (tmp_path / "incidents" / "emails" / "update.md").write_text(TEMPLATE)
    (tmp_path / "runbooks" / "book.md").write_text(BOOK)
    return replace(settings, incidents_dir=tmp_path / "incidents", runbooks_dir=tmp_path / "runbooks")


@pytest.fixture
def scene(app):
    ana = make_account("ana")
    control_room(is_demo=True)
    make_database("development", CONSOLIDATED, studios=1)
    make_database("production", LEGACY, studios=3)
    person = Contact(name="Cleo", salutation="Cleo", email="cleo@example.com",
        organisation=Organisation(slug="harbour", name="Harbour Voices"))
    db.session.add(person)
    db.session.flush()
    prepare_drafts(report_named(SLUG), template_named("update"), [person],
        fields={"Cause": "a fuse"}, update_key="report", by=ana)
    start_run("book", inputs={}, by=ana)
    db.session.commit()
    return ana

def gets():
    for line in SAVED.read_text().splitlines():
        rule, methods, endpoint = line.split()
        if methods == "GET":
            yield rule, endpoint

PARTS = {"target": "production", "runbook_id": "book", "step_id": "one", "number": "1"}

def path_of(rule):
    def value(part):
        n = part[2]
        if n == "slug":
            return "update" if "templates" in rule else "harbour" if "organisations" in rule else SLUG
        if n == "name":
            return "production-1" if "backups" in rule else "sync-1" if "syncs" in rule else "x"
        return PARTS.get(n, "1" if part[1] == "int:" else "window")
    return re.sub(r"<(\w+:)?(\w+)>", value, rule)


def test_budget(app, scene, client, monkeypatch, tmp_path):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    log_in(client, scene)
    uuid = registered_target("production").database_uuid
    found = {}
    last = 0
    for many in (3, 30):
        add_rows(last, many, ana=scene, database_uuid=uuid)
        files(tmp_path, last, many)
        last = many
        for rule, endpoint in gets():
            path = path_of(rule)
            if endpoint == "directory.studio":
                path = "/studios/studio-1"
            if many == 3: client.get(path)
            with counted(monkeypatch) as asked:
                answer = client.get(path)
            found.setdefault(rule, []).append((answer.status_code, len(asked.statements), asked.engines, asked.connections))
            if os.environ.get("SHOW") == rule:
                for s, n in asked.twice.most_common(): print(n, s[:260])
    for rule, f in found.items():
        print(f"{rule:60}", *f)
