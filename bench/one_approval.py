"""Prepares and confirms a change of production, controlled by lines on standard input; prints JSON.

prepare    a run of the runbook up to the first confirmation
go         the second confirmation, the change and *Verify*, timed
"""

import json
import sys
import time
from datetime import timedelta

from portal.app import create_app
from portal.audit.actor import NamedActor
from portal.core.clock import now
from portal.core.storage.database import db, reading
from portal.databases.changes import tickets
from portal.databases.changes.models import Ticket
from portal.databases.migrations.objects.plan import needs_reason
from portal.jobs.models import Operation
from portal.jobs.operations.service import request_operation
from portal.runbooks.engine.runs import start_run

ANA = NamedActor(id=1, name="ana", role="admin")
OMAR = NamedActor(id=2, name="omar", role="ops")
LOOK = 0.005


def main() -> None:
    ticket: Ticket | None = None
    with create_app().app_context():
        for word in sys.stdin:
            if word.strip() == "prepare":
                ticket = prepared()
                print("{}", flush=True)
            elif ticket:
                print(json.dumps(carried_out(ticket)), flush=True)


def prepared() -> Ticket:
    inputs = {"target": "production", "reason": "A benchmark"}
    run = start_run("migrate-production", inputs=inputs, by=OMAR)
    db.session.commit()
    uuid = run.uuid
    for kind in ("databases.backup", "databases.rehearse"):
        done(kind, uuid)
    ticket = tickets.ticket_of_run(uuid)
    if ticket is None:
        raise SystemExit("The rehearsal gave no ticket.")
    if needs_reason(ticket.plan.objects):
        tickets.explain_objects(ticket, "The first of them.", by=OMAR)
    tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    db.session.commit()
    return ticket


def carried_out(ticket: Ticket) -> dict[str, float]:
    run = ticket.run or ""
    began = time.perf_counter()
    logged_in = now() + timedelta(seconds=1)
    tickets.approve(ticket, "production", by=ANA, logged_in_at=logged_in)
    db.session.commit()
    approved = time.perf_counter()
    operations = {
        "the change": done("databases.migrate", run),
        "its verification": done("databases.verify", run),
    }
    parts = {"seconds": time.perf_counter() - began, "the second confirmation": approved - began}
    for name, (waited, took) in operations.items():
        parts |= {f"until {name} begins": waited, name: took}
    return parts


def done(kind: str, run: str) -> tuple[float, float]:
    """Seconds until the operation began, and from then until it ended."""
    operation = request_operation(kind, by=OMAR, target="production", subject=run)
    db.session.commit()
    number = operation.id
    db.session.rollback()
    while (ended := looked_at(number)) is None:
        time.sleep(LOOK)
    return ended


def looked_at(number: int) -> tuple[float, float] | None:
    with reading():
        operation = db.session.get_one(Operation, number, populate_existing=True)
        begun, seconds = operation.started_at, operation.seconds
        waited = (begun - operation.requested_at).total_seconds() if begun else 0.0
        is_finished, is_done = operation.is_finished, operation.is_done
        kind, outcome = operation.kind, operation.outcome
        db.session.rollback()
    if is_finished and not is_done:
        raise SystemExit(f"{kind}: {outcome}")
    return (waited, seconds or 0.0) if is_finished else None


if __name__ == "__main__":
    main()
