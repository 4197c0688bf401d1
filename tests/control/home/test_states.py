"""Exceptional states: at the top of each page that they concern, with who, since when, why and what
ends them; pages about nothing of it neither show nor read them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from bs4 import Tag
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.audit.service import record
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.changes.models import Plan, Ticket
from portal.databases.policies.models import Override, OverrideKind
from portal.databases.targets.registry import registered_target
from portal.monitoring.outages.models import Outage
from portal.monitoring.probes.kinds import new_probe
from portal.monitoring.probes.models import ProbeKind
from portal.runbooks.models import Run, RunState
from tests.databases.stage import OMAR
from tests.support.pages import check_page, words
from tests.web.budgets.rows import BOOK, SHA, _backups, _operations

OF_ALL = ("/ops", "/ops/databases", "/ops/migrations", "/ops/backups", "/ops/windows")
OF_PRODUCTION = (
    *("/ops/backups/production-1/restore", "/ops/databases/production/adoption"),
    *("/ops/monitoring/probes/1", "/ops/outages/1"),
)
OF_DEVELOPMENT = ("/ops/syncs/sync-1", "/ops/operations/1")
OF_NONE = ("/ops/incidents", "/ops/runbooks", "/ops/audit", "/ops/emails", "/ops/operations/2")


@pytest.fixture
def rows(ana: Account) -> None:
    """Something to show on each page; production is exceptional in each way."""
    production = registered_target("production")
    assert production
    for number in (0, 1):
        db.session.add_all(each for each in _rows(number, ana, production.database_uuid))
        db.session.flush()
    production.maintenance_since, production.maintenance_by = now(), "Ana"
    production.maintenance_because = "weekly release"
    for target, reason in (("production", "It was tried"), ("development", "No one uses it")):
        db.session.add(
            Override(kind=OverrideKind.WINDOW, target=target, subject="s", reason=reason,
                     given_by="Omar")
        )  # fmt: skip
    for target in ("production", "development"):
        db.session.add(run_on(target, ana))
    record("drift.accepted", by=OMAR, target="production", reason="An index by hand")
    db.session.commit()


def _rows(number: int, ana: Account, uuid: str) -> Iterator[object]:
    yield from _operations(number, ana, uuid)
    yield from _backups(number, ana, uuid)
    if number == 0:
        yield new_probe(ProbeKind.HOME, "production")
        yield Outage(cause="home:production", target="production", sentence="It is down.",
                     began_at=now(), seen_at=now())  # fmt: skip


def run_on(target: str, ana: Account) -> Run:
    return Run(
        runbook_id="book",
        title="Book",
        source=BOOK,
        sha256=SHA,
        inputs={},
        state=RunState.OPEN,
        started_by="Ana",
        target=target,
        driver_id=ana.id,
        driver_name=ana.name,
    )


def states(client: FlaskClient, address: str) -> list[Tag]:
    return list(client.page(address).select(".states .state"))


def said(client: FlaskClient, address: str) -> str:
    return " ".join(words(each) for each in states(client, address))


def test_each_page_names_what_concerns_it(client: FlaskClient, rows: None):
    for address in (*OF_ALL, *OF_PRODUCTION):
        text = said(client, address)
        assert "Production is read-only: Ana, since 12:00 UTC (just now), “weekly release”" in text
        assert "a change of production may run outside of its windows: Omar, since" in text
        assert "“It was tried”" in text
        assert "Production: run 1, “Book”, is open: Ana, since" in text
        assert "a schema that was changed by hand is accepted: omar, since" in text
        assert ("“No one uses it”" in text) is (address in OF_ALL), address
        assert text.index("Production is read-only") == 0, "what visitors notice comes first"
    for address in OF_DEVELOPMENT:
        assert "“No one uses it”" in said(client, address)
        assert "roduction" not in said(client, address)
    for address in OF_NONE:
        assert states(client, address) == [], address


def test_a_run_does_not_name_itself_and_others_do(client: FlaskClient, rows: None, ana: Account):
    assert "run 1" not in said(client, "/ops/runs/1")
    assert "Production is read-only" in said(client, "/ops/runs/1")
    db.session.add(run_on("production", ana))
    db.session.commit()
    assert "run 3, “Book”, is open" in said(client, "/ops/runs/1")


def test_each_has_the_button_that_ends_it(client: FlaskClient, rows: None):
    forms = {(words(each), each["action"]) for each in client.page("/ops").select(".states form")}
    assert forms == {
        ("End the read-only mode", "/ops/databases/production/maintenance/end"),
        *(
            ("Withdraw the override", f"/ops/databases/{name}/overrides/{number}/withdrawal")
            for number, name in ((1, "production"), (2, "development"))
        ),
    }
    assert client.post("/ops/databases/production/maintenance/end").status_code == 303
    address = "/ops/databases/production/overrides/1/withdrawal"
    assert client.post(address).status_code == 303
    assert "“It was tried”" not in said(client, "/ops")
    again = client.post(address)
    assert again.status_code == 409
    assert "has ended already: withdrawn by Ana" in words(check_page(again.text).main)
    assert client.post("/ops/databases/production/overrides/2/withdrawal").status_code == 404
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "override.withdrawn")
    ).one()
    assert entry.target == "production"


def test_a_later_change_ends_what_was_accepted_and_an_expired_plan_counts_no_longer(
    client: FlaskClient, rows: None, clock
):
    assert "prepared at the terminal" not in said(client, "/ops"), "its run names it"
    ticket = db.session.scalars(
        select(Ticket).join(Plan).where(Plan.target == "production")
    ).first()
    assert ticket
    ticket.run = None
    ticket.plan.expires_at = now() + timedelta(hours=1)
    db.session.commit()
    assert "Production: a change to 9 is prepared at the terminal: ana, since" in said(
        client, "/ops"
    )
    clock.shift(timedelta(hours=2))
    assert "at the terminal" not in said(client, "/ops")
    record("restore.finished", by=OMAR, target="production")
    db.session.commit()
    assert "by hand is accepted" not in said(client, "/ops")
