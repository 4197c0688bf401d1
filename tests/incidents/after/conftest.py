"""A resolved incident with everything that was recorded while it went on."""

from datetime import datetime, timedelta

import pytest

from portal.accounts.models import Contact, Organisation
from portal.audit.service import record
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.emails.models import Mailing, Message, MessageState
from portal.incidents.live.models import LiveIncident, Phase
from portal.jobs.models import Operation, OperationState, Queue
from portal.monitoring.outages.models import Outage
from portal.monitoring.probes.models import ProbeState
from portal.runbooks.models import Run, RunEvent
from tests.incidents.status.scene import make_incident, make_probe, make_span, make_update

MINUTE = timedelta(minutes=1)


@pytest.fixture
def began() -> datetime:
    return now().replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture
def over(app, ana, began) -> LiveIncident:
    """It began two hours ago and was resolved an hour later; ana acts in the audit log now."""
    probe = make_probe("Search", key="home:production")
    make_span(probe, ProbeState.DOWN, began, began + 50 * MINUTE)
    make_span(probe, ProbeState.UP, began + 50 * MINUTE, now())
    other = make_probe(None, key="home:development", target="development")
    make_span(other, ProbeState.DOWN, began + MINUTE, now())
    outage = Outage(
        cause="home:production", target="production", sentence="503", began_at=began,
        seen_at=began + MINUTE, ended_at=began + 50 * MINUTE, acknowledged_by="Omar",
        acknowledged_at=began + 2 * MINUTE,
    )  # fmt: skip
    db.session.add(outage)
    db.session.flush()
    incident = make_incident(
        "offline", title="Search is | down", affected=["Search"], outage_id=outage.id,
        started_at=began, detected_at=began + MINUTE, acknowledged_at=began + 2 * MINUTE,
        resolved_at=began + 60 * MINUTE, phase=Phase.RESOLVED, opened_at=began + 2 * MINUTE,
    )  # fmt: skip
    said = {
        "For everybody.": {},
        "For clients.": {"audience": Audience.CLIENTS},
        "For acme and beta.": {"audience": Audience.CLIENTS, "clients": ["acme", "beta"]},
        "For staff.\n///\nStill for staff.": {"audience": Audience.INTERNAL},
        "Held back.": {"held_at": began},
        "It is over.": {"phase": Phase.RESOLVED},
    }
    for number, (text, given) in enumerate(said.items(), 1):
        at = began + (3 + number) * MINUTE
        make_update(incident, text, number=number, happened_at=at, **given)
    _work(began)
    _message(incident, began)
    record("maintenance.begun", by=ana, target="production", details={"key": "s3cret-value"})
    record("maintenance.begun", by=ana, target="development")
    db.session.commit()
    return incident


def _work(began: datetime) -> None:
    for target in ("production", "development"):
        run = Run(
            runbook_id="site-is-down", title="t", source="s", sha256="h", inputs={},
            target=target, driver_name="Omar", started_by="Omar", started_at=began + 4 * MINUTE,
        )  # fmt: skip
        event = {"who": "Omar Private", "action": "step.confirmed", "text": "s3cret words"}
        run.events.append(RunEvent(at=began + 5 * MINUTE, step_id="look", **event))
        db.session.add(run)
        operation = Operation(
            kind="backup", title="t", target=target, queue=Queue.OPERATIONS, outcome="s3cret",
            state=OperationState.DONE, requested_by_name="Omar", requested_by_role="ops",
            requested_at=began + 6 * MINUTE, started_at=began + 7 * MINUTE,
            finished_at=None if target == "production" else began + 8 * MINUTE,
        )  # fmt: skip
        db.session.add(operation)


def _message(incident: LiveIncident, began: datetime) -> None:
    acme = Organisation(slug="acme", name="Acme")
    contact = Contact(
        organisation=acme, name="Cleo Private", email="cleo@acme.example", salutation="Cleo Private"
    )
    mailing = Mailing(
        incident=incident.slug, report_sha256="", template="", template_sha256="",
        update_key="1", live_update_id=incident.updates[0].id, created_by="Omar",
    )  # fmt: skip
    for number in (1, 2):
        mailing.messages.append(
            Message(
                contact=contact,
                to_name=contact.name,
                to_address=contact.email,
                subject="s",
                body="b",
                state=MessageState.SENT,
                sent_at=began + (9 + number) * MINUTE,
            )  # fmt: skip
        )
    db.session.add(mailing)
