"""Budgets of every page of the saved list: what it asks of the databases, with 3 rows and with 30
of everything. A page that does the work of a page doesn't ask more when there is more to show."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import portal.databases.tasks.changes  # noqa: F401 — registers the jobs that operations are of
from portal.accounts.models import Account, Contact, Organisation
from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.databases.changes.automatic_rollback import UNVERIFIED
from portal.databases.changes.models import Ticket
from portal.databases.policies.target_leases import place_of
from portal.databases.targets.config import target_named
from portal.databases.targets.registry import control_room, registered_target
from portal.emails.drafting.drafts import prepare_drafts
from portal.emails.drafting.template_library import template_named
from portal.incidents.models import UnsharedReports
from portal.incidents.reports import report_named
from portal.runbooks.engine.runs import start_run
from portal.runbooks.models import Run, RunState
from tests.emails.pages.conftest import REPORT, TEMPLATE
from tests.house.test_routes import SAVED
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD, LEGACY, make_database
from tests.support.nothing import require_none
from tests.web.budgets.counting import Asked, counted
from tests.web.budgets.plans import explained
from tests.web.budgets.rows import BOOK, SLUG, TARGETS, add_rows, with_folders

FEW, MANY = 3, 30
PUBLIC, ROOM = 8, 15
ROOMS = ("/ops", "/client")

PEOPLE, CHANGES = "a row for each person or client", "a row for each change of a database"
READ_WHOLE = {
    "accounts": PEOPLE,
    "contacts": PEOPLE,
    "organisations": PEOPLE,
    "plans": CHANGES,
    "tickets": CHANGES,
    "syncs": CHANGES,
    "windows": "a row for each that somebody announced",
    "registered_targets": "a row for each database",
    "control_room": "one row",
    "probes": "a row for each thing that is measured",
    "audit_head": "one row",
    "unshared_reports": "one row",
    "alembic_version": "one row",
    "portal_identity": "one row",
    "portal_maintenance": "one row at most",
    "derived_state": "a row for each derived table",
    "audit": "its newest entries in the order of its key; a sort is of those alone",
    "few_results": "words of the last months, few a day",
    "outages": "those that are open; the list of all says how many there are",
    "error_groups": "the list of all says how many there are: an index is counted",
    "notice_addresses": "20 at most, and a row for each person of the staff",
    "operations": "the list of all says how many there are: an index is counted",
    "runs": "the list of all says how many there are: an index is counted",
    "live_incidents": "a row for each incident, of which there are few",
    "incident_updates": "a page that is kept asks for the last of each incident",
    "site_batches": "the list of all says how many there are: an index is counted",
    "messages": "the list of all sorts by what needs somebody, and says how many there are",
    "studio_profiles": "the search; the home's count, which ends at 10,000",
    "studios": "the home's count of the schema before, which ends at 10,000",
    "studio_services": "the search",
    "studio_studio_types": "the search",
    "studio_images": "the search without the index, as in this scene",
    "reviews": "where the worker has not filled the figures yet, as in this scene",
}
"""Tables of which a page may read all rows, and why."""
LISTS = {
    "audit": {"/ops/audit", "/ops/audit/export.csv", "/ops/audit/export.jsonl"},
    "operations": {"/ops/operations"},
    "runs": {"/ops/runs"},
    "site_batches": {"/ops/directory/actions"},
    "messages": {"/ops/emails", "/ops/incidents/measures"},
    "live_incidents": {"/ops/incidents/measures"},
    "incident_updates": {"/status"},
}
"""Only there."""

TABS = ("/ops/databases?database=development", "/ops/backups?database=ops")
"""Those that ask for other things than the first one."""
KINDS = {"int:": "1", "uuid:": str(UUID(int=4))}
IN_ADDRESS = {"target": "production", "runbook_id": "book", "step_id": "one", "number": "1"}
OF_KIND = {"templates": "update", "organisations": "harbour", "backups": "production-1"}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return with_folders(settings, tmp_path)


@pytest.fixture
def ana(app: Flask) -> Account:
    def make() -> None:
        make_database("development", HEAD, studios=1)
        make_database("production", LEGACY, studios=3)

    return ana_with_one_of_everything(make)


def ana_with_one_of_everything(make_databases: Callable[[], None]) -> Account:
    """With one of everything that pages are about."""
    ana = make_account("ana")
    control_room(is_demo=True)
    make_databases()
    harbour = Organisation(slug="harbour", name="Harbour Voices")
    person = Contact(name="Cleo", salutation="Cleo", email="c@example.com", organisation=harbour)
    db.session.add(person)
    db.session.flush()
    told = {"fields": {"Cause": "a fuse"}, "update_key": "report", "by": ana}
    prepare_drafts(report_named(SLUG), template_named("update"), [person], **told)
    start_run("book", inputs={}, by=ana)
    db.session.commit()
    return ana


def add_files(folder: Path, first: int, last: int) -> None:
    for number in range(first, last):
        (folder / "runbooks" / f"book{number}.md").write_text(BOOK)
        (folder / "incidents" / f"report-{number}.md").write_text(REPORT)
        (folder / "incidents" / "emails" / f"update{number}.md").write_text(TEMPLATE)


def pages() -> Iterator[str]:
    for line in SAVED.read_text(encoding="utf-8").splitlines():
        rule, methods, _ = line.split()
        if methods == "GET":
            yield rule
    yield from TABS


def address_of(rule: str, client: FlaskClient) -> str:
    if rule == "/studios/<slug>":
        return str(client.page("/studios").select_one("main article a[href]")["href"])

    def value(part: re.Match[str]) -> str:
        if part[2] in {"slug", "name"}:
            known = next((of for kind, of in OF_KIND.items() if f"/{kind}/" in rule), None)
            return known or (SLUG if part[2] == "slug" else "sync-1")
        return IN_ADDRESS.get(part[2], KINDS.get(part[1], "window"))

    return re.sub(r"<(\w+:)?(\w+)>", value, rule)


STATUS = 10
"""The status page is kept for everybody, and made again every two seconds at most. Two of its
statements limit how long the others wait."""


MORE = {
    "/status": STATUS,
    "/ops/directory": 16,  # the worker has not filled its index, as in this scene: then ten
    "/ops/directory.csv": 16,  # the entry of the audit log, then parts of the directory
    "/ops/directory/studios/<int:number>": 22,  # a row of each table that knows the studio
}


def budget_of(rule: str) -> int:
    if rule in MORE:
        return MORE[rule]
    return ROOM if rule.startswith(ROOMS) else PUBLIC


def test_no_page_reads_the_whole_of_a_table_that_grows(
    ana: Account, client: FlaskClient, tmp_path: Path
):
    log_in(client, ana)
    production = registered_target("production")
    assert production
    add_rows(0, FEW, ana=ana, database_uuid=production.database_uuid)
    add_files(tmp_path, 0, FEW)
    found = {}
    for rule in pages():
        address = address_of(rule, client)
        with explained() as plans:
            client.get(address)
        found |= {(rule, table): asked for table, asked in plans.scans.items()}

    def may_be(rule: str, table: str) -> bool:
        return table in READ_WHOLE and rule in LISTS.get(table, {rule})

    require_none(
        {where: asked for where, asked in found.items() if not may_be(*where)},
        "Read whole: give the table an index for what the page asks; where a page has to count its"
        " rows (page_of_rows) or they stay few, add it to READ_WHOLE with the reason",
    )
    unread = READ_WHOLE.keys() - {table for _, table in found} - {"control_room"}
    require_none(unread, "No page reads these whole: remove them from READ_WHOLE")


def asked_by_all(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Asked], dict[str, Asked]]:
    """By rule, when it is shown first, which reads files that are then known, and again."""
    first, again = {}, {}
    for rule in pages():
        address = address_of(rule, client)
        with counted(monkeypatch) as first[rule]:
            assert client.get(address).status_code < 500, address
        with counted(monkeypatch) as again[rule]:
            client.get(address)
    return first, again


def test_no_page_asks_more_than_its_budget_or_more_for_more_rows(
    ana: Account, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    log_in(client, ana)
    production = registered_target("production")
    assert production
    told = {"ana": ana, "database_uuid": production.database_uuid}
    add_rows(0, FEW, **told)
    add_files(tmp_path, 0, FEW)
    first, few = asked_by_all(client, monkeypatch)
    add_rows(FEW, MANY, **told)
    add_files(tmp_path, FEW, MANY)
    _, many = asked_by_all(client, monkeypatch)

    counts = {rule: len(each.statements) for rule, each in many.items()}
    require_none(
        {rule: f"{n} of {budget_of(rule)}" for rule, n in counts.items() if n > budget_of(rule)},
        "More statements than a page may ask: join them, or mark what several parts ask"
        " cached_per_page",
    )
    grown = {rule: (len(few[rule].statements), count) for rule, count in counts.items()}
    require_none(
        {rule: f"{each[0]}, then {each[1]}" for rule, each in grown.items() if each[1] > each[0]},
        "More statements for more rows: ask once for all of them (a join, selectinload)",
    )
    made_again = {rule: each.engines for rule, each in many.items() if each.engines}
    require_none(made_again, "Engines are made once a process: take engine_for()")
    made = sum((each.engines for each in first.values()), Counter[str]())
    too_many = {place: count for place, count in made.items() if count > engines_for(place)}
    require_none(too_many, "Engines are made once a process: take engine_for()")
    every = [*first.items(), *few.items(), *many.items()]
    require_none(
        {rule: found for rule, each in every if (found := more_than_once(each.connections))},
        "Opened more than once for a page: take engine_for(url).reading()",
    )
    assert few["/ops"].connections.keys() == {f"{target}.sqlite3" for target in TARGETS}


def test_the_home_asks_no_more_when_much_is_wrong(
    ana: Account, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    """Leases stand beside both targets, nobody looked at the last changes, whose runs go on, and
    reports wait for somebody to decide."""
    log_in(client, ana)
    production = registered_target("production")
    assert production
    add_rows(0, FEW, ana=ana, database_uuid=production.database_uuid)
    run = db.session.scalars(select(Run).where(Run.state == RunState.OPEN)).first()
    assert run
    for target in TARGETS:
        place_of(target_named(target)).make()
        ticket = db.session.scalars(select(Ticket).where(Ticket.number == f"{target}-1")).one()
        ticket.used_at, ticket.run = now(), run.uuid
        ticket.outcome = {UNVERIFIED: "nobody could look at it."}
    db.session.merge(UnsharedReports(id=1, slugs=[SLUG], decided_at=None))
    db.session.commit()
    page = client.page("/ops")
    with counted(monkeypatch) as asked:
        client.get("/ops")

    said = page.select_one("section[aria-labelledby=alerts]").get_text(" ", strip=True)
    assert said.count("not yet verified: nobody could look at it.") == len(TARGETS)
    assert len(asked.statements) <= ROOM + 1, asked.statements  # one is for what goes on


def engines_for(place: str) -> int:
    """One a process; those of leases are two: pages wait less long for them than changes do."""
    return 2 if place.endswith("-leases") else 1


def more_than_once(places: Counter[str]) -> dict[str, int]:
    return {place: count for place, count in places.items() if count > 1}
