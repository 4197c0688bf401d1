"""A run of the shipped runbook that has come to its confirmation, or to its change."""

from datetime import timedelta

from sqlalchemy import select

from portal.accounts.models import Account, Role
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.changes import tickets
from portal.databases.changes.models import Ticket
from portal.runbooks.models import Run, StepState
from tests.databases import stage
from tests.databases.stage import ANA, OMAR, rehearsed
from tests.support.cast import make_account

PHRASE = "MIGRATE PRODUCTION"


def cast() -> None:
    """Their ids are those of the stage's ANA, OMAR and EVA."""
    make_account("ana"), make_account("omar"), make_account("eva", Role.ADMIN)


def at_the_confirmation() -> None:
    cast()
    stage.place(studios=6)
    rehearsed(stage.start())
    _done("check", "backup", "rehearse")


def confirm_twice() -> Ticket:
    """The run is at the step that carries the change out."""
    ticket = the_ticket()
    tickets.confirm(ticket, PHRASE, by=OMAR)
    tickets.approve(ticket, "production", by=ANA, logged_in_at=now() + timedelta(seconds=1))
    _done("confirm")
    return ticket


def _done(*steps: str) -> None:
    for row in the_run().rows:
        if row.step_id in steps:
            row.state, row.completed_at, row.completed_by = StepState.DONE, now(), "Omar"
            row.due_at = row.due_at or now()
    db.session.commit()


def make_due(step: str) -> None:
    """Again, as after a rehearsal that voids what was confirmed."""
    row = next(each for each in the_run().rows if each.step_id == step)
    row.state, row.completed_at, row.completed_by = StepState.WAITING, None, None
    db.session.commit()


def the_run() -> Run:
    db.session.expire_all()
    return db.session.scalars(select(Run)).one()


def the_ticket() -> Ticket:
    db.session.expire_all()
    return db.session.scalars(select(Ticket)).one()


def the_account(name: str) -> Account:
    return db.session.scalars(select(Account).where(Account.email == f"{name}@example.com")).one()


def due() -> str | None:
    row = the_run().due_row
    return row.step_id if row else None


def send(client, path: str, **fields: str):
    """A form of the run's page, as it is now."""
    run = the_run()
    data = {"version": str(run.version), "note": "", **fields}
    return client.post(f"/ops/runs/{run.id}/{path}", data=data)


def entries(action: str, outcome: str) -> list[AuditEntry]:
    db.session.rollback()
    query = select(AuditEntry).where(AuditEntry.action == action, AuditEntry.outcome == outcome)
    return list(db.session.scalars(query))
