"""Rows of everything that a page may list, made cheaply: the pages are counted, not the writes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from portal.accounts.models import Account, Contact, LoginSession, Organisation, Role
from portal.core.clock import now
from portal.core.configuration.settings import Environment, Settings
from portal.core.storage.database import db
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.changes.models import Plan, Ticket
from portal.databases.policies.models import Window
from portal.databases.sync.models import Sync
from portal.directory.models import Review, ReviewStatus, StudioImage, StudioProfile, StudioStatus
from portal.directory.models import User as SiteUser
from portal.documents.models import DocumentDraft, DocumentKind, DocumentVersion
from portal.emails.models import Attempt, AttemptOutcome, Mailing, Message
from portal.incidents.models import (
    PrivateLink,
    Question,
    ReadingConfirmation,
    ReportReading,
    ReportShare,
    Way,
)
from portal.jobs.models import (
    Lease,
    LeaseKind,
    LineKind,
    Operation,
    OperationLine,
    OperationState,
    Queue,
)
from portal.monitoring.probes.models import Probe, ProbeKind, ProbeResult, ProbeSpan
from portal.runbooks.format.steps import Part
from portal.runbooks.models import Run, RunEvent, RunState, RunStep
from tests.emails.pages.conftest import REPORT, TEMPLATE

SLUG, SHA, TARGETS = "2026-03-09-away", "0" * 64, ("development", "production")
BOOK = "# Book\n\n## Steps\n\n### One\n\nDo it.\n"


def with_folders(settings: Settings, tmp_path: Path, book: str = BOOK) -> Settings:
    """With one incident report, one template and one runbook, `book`."""
    incidents, runbooks = tmp_path / "incidents", tmp_path / "runbooks"
    (incidents / "emails").mkdir(parents=True)
    runbooks.mkdir()
    (incidents / f"{SLUG}.md").write_text(REPORT, encoding="utf-8")
    (incidents / "emails" / "update.md").write_text(TEMPLATE, encoding="utf-8")
    (runbooks / "book.md").write_text(book, encoding="utf-8")
    return replace(settings, incidents_dir=incidents, runbooks_dir=runbooks)


def add_rows(first: int, last: int, *, ana: Account, database_uuid: str) -> None:
    """Of each kind those from `first` up to `last`. Commits."""
    for number in range(first, last):
        for make in (
            _people,
            _runs,
            _messages,
            _operations,
            _backups,
            _documents,
            _studios,
            _probes,
        ):
            db.session.add_all(make(number, ana, database_uuid))
            db.session.flush()
    db.session.commit()


def _people(number: int, ana: Account, _uuid: str) -> Iterator[Any]:
    client = Account(
        email=f"client{number}@example.com", name=f"Cleo {number}", role=Role.CLIENT,
        password_hash="-",
    )  # fmt: skip
    someone = Account(
        email=f"ops{number}@example.com", name=f"Omar {number}", role=Role.OPS, password_hash="-"
    )
    organisation = Organisation(slug=f"client-{number}", name=f"Client {number}")
    contacts = [
        Contact(organisation=organisation, account=client, name="Cleo", salutation="C",
                email="c@example.com"),
        Contact(organisation_id=1, name=f"Cleo {number}", salutation="C",
                email=f"c{number}@example.com"),
    ]  # fmt: skip
    yield from (client, someone, organisation, *contacts)
    for account in (client, someone, ana):
        yield LoginSession(token_hash=f"{number}-{account.email}", account=account)
    yield PrivateLink(token_hash=f"link-{number}", slug=SLUG, contact=contacts[0], created_by="ana",
                      expires_at=now() + timedelta(days=1))  # fmt: skip
    yield ReportReading(slug=SLUG, sha256=SHA, way=Way.PAGE, account=client)
    yield ReadingConfirmation(slug=SLUG, sha256=SHA, account=client)
    yield Question(slug=SLUG, account=client, text="Why?")
    yield ReportShare(slug=f"report-{number}", sha256=SHA, source="x", shared_by="ana")


def _runs(number: int, ana: Account, _uuid: str) -> Iterator[Any]:
    for state in (RunState.OPEN, RunState.DONE):
        run = Run(runbook_id="book", title=f"Book {number}", source=BOOK, sha256=SHA, inputs={},
                  state=state, driver_id=ana.id, driver_name="Ana", started_by="Ana")  # fmt: skip
        run.rows = [RunStep(step_id="one", title="One", part=Part.STEPS, position=1, due_at=now())]
        run.events = [RunEvent(who="ana", action="run.started")]
        yield run
    yield RunEvent(run_id=1, who="ana", action="run.started", text=str(number))


def _messages(number: int, ana: Account, _uuid: str) -> Iterator[Any]:
    mailing = Mailing(incident=SLUG, report_sha256=SHA, template="update", template_sha256=SHA,
                      update_key=f"update {number}", created_by=ana.name)  # fmt: skip
    message = Message(mailing=mailing, contact_id=1, to_name="Cleo", to_address="c@example.com",
                      subject=f"Update {number}", body="Hi")  # fmt: skip
    beside = Message(mailing_id=1, contact_id=1, to_name="Cleo", to_address="c@example.com",
                     subject="Beside", body="Hi")  # fmt: skip
    yield from (message, beside)
    yield Attempt(message=message, number=1, host="here", outcome=AttemptOutcome.POSTPONED)
    yield Attempt(message_id=1, number=number + 1, host="here", outcome=AttemptOutcome.POSTPONED)


def _operations(number: int, ana: Account, _uuid: str) -> Iterator[Any]:
    for subject, target in ((None, "development"), ("run", None)):
        yield Operation(kind="databases.backup", title=f"Look {number}", queue=Queue.QUICK,
                        target=target, subject=subject, state=OperationState.DONE,
                        requested_by_name=ana.name, requested_by_role="admin",
                        started_at=now(), finished_at=now())  # fmt: skip
    yield OperationLine(operation_id=1, seq=number + 1, at=now(), kind=LineKind.TEXT, text="Line")
    yield Lease(uuid=str(uuid4()), kind=LeaseKind.WEB, environment=Environment.DEVELOPMENT.value,
                release="1", serves=[], host="here", pid=number, started_at=now(),
                renewed_at=now(), expires_at=now() + timedelta(minutes=5))  # fmt: skip


def _backups(number: int, ana: Account, uuid: str) -> Iterator[Any]:
    for target in (*TARGETS, "ops"):
        backup = Backup(name=f"{target}-{number}", target=target, database_uuid=uuid, revision="1",
                        file=f"{target}-{number}.sqlite3", sha256=SHA, size=1000 + number,
                        counts={"users": 1}, content_digest=SHA, reason="asked", taken_by="ana",
                        taken_at=now(), seconds=1.5, proven_at=now())  # fmt: skip
        backup.copies = [BackupCopy(store="file", state=CopyState.STORED)]
        yield backup
        if target == "ops":
            continue
        plan = Plan(target=target, database_uuid=uuid, to_revision="9", revisions=[], warnings=[],
                    statements=[], schema_digest=SHA, invariants=[], counts={}, way_back="x",
                    rehearsal_seconds=1.0, backup=backup, seal=f"{target}{number}", sealed_by="a",
                    sealed_at=now(), expires_at=now(), run=str(number))  # fmt: skip
        yield plan
        yield Ticket(number=f"{target}-{number}", plan=plan, seal=plan.seal, prepared_by="ana",
                     prepared_at=now(), expires_at=now(), run=str(number))  # fmt: skip
        yield Window(target=target, summary="Work", starts_at=now() + timedelta(days=1),
                     ends_at=now() + timedelta(days=2), announced_by="ana")  # fmt: skip
    yield Sync(name=f"sync-{number}", operation=str(number), source="production",
               target="development", source_uuid=uuid, database_uuid=uuid, backup="b",
               counts={"users": 1}, columns={}, steps={"Copy": 1.0}, left_behind=[],
               content_digest=SHA, asked_by="ana", started_at=now(), finished_at=now())  # fmt: skip


def _documents(number: int, ana: Account, _uuid: str) -> Iterator[Any]:
    for kind, slug in ((DocumentKind.REPORT, SLUG), (DocumentKind.TEMPLATE, "update")):
        for of in (slug, f"other-{number}"):
            yield DocumentVersion(kind=kind, slug=of, number=number + 1, source="# One", sha256=SHA,
                                  published_by="ana", settled=True)  # fmt: skip
        yield DocumentDraft(kind=kind, slug=f"{slug}~{number}", account_id=ana.id, source="# Two")


def _probes(number: int, _ana: Account, _uuid: str) -> Iterator[Any]:
    probe = Probe(key=f"home:{number}", kind=ProbeKind.HOME, target=f"app/{number}", state="up",
                  state_since=now(), measured_at=now(), outcome="passed", milliseconds=9,
                  sentence="It answers.")  # fmt: skip
    yield probe
    db.session.add(probe)
    db.session.flush()
    for of in (probe.id, 1):
        yield ProbeSpan(probe_id=of, state="up", began_at=now(), until_at=now())
        yield ProbeResult(probe_id=of, at=now(), outcome="passed", sentence="It answers.")


def _studios(number: int, _ana: Account, _uuid: str) -> Iterator[Any]:
    def someone(what: str) -> SiteUser:
        name = f"{what}{number}"
        return SiteUser(email=f"{name}@example.com", username=name, display_name=name.title(),
                        password_hash="-")  # fmt: skip

    owner, reader = someone("ben"), someone("dan")
    studio = StudioProfile(user=owner, name=f"Studio {number}", city=f"City {number}",
                           status=StudioStatus.ACTIVE, is_profile_visible=True)  # fmt: skip
    studio.images = [StudioImage(image_url=f"/images/{number}.webp")]
    yield from (owner, reader, studio)
    db.session.add_all([owner, reader, studio])
    db.session.flush()
    for of in (studio.id, 1):
        yield Review(studio_id=of, reviewer=reader, owner_id=owner.id, rating=4, content="Good.",
                     status=ReviewStatus.APPROVED)  # fmt: skip
