"""A visitor's report is stored; staff close it, and may open it again.

Each is one transaction of the directory. Only admins read a report: the owner of the studio does
not hear of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select, update

from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.history.models import Subject as Kind
from portal.directory.history.recording import By, Made, note_change
from portal.directory.messages.queries import is_id
from portal.directory.reports.models import Report
from portal.directory.reports.problems import ADDRESS_KEPT, LONGEST_OUTCOME, Problem
from portal.directory.reports.subjects import Reported, Subject, reported_studio

SENT_TWICE = timedelta(days=1)
"""The same words about the same thing within this time are one report."""
GONE = "There is no report at this address."
DECIDED = "Somebody has closed this report already, so nothing was changed."


@dataclass(frozen=True)
class Words:
    """What a visitor says: shape checked by the form."""

    problem: Problem
    body: str | None
    email: str | None


def send_report(slug: str, about: str, words: Words, *, user_id: int | None) -> Reported:
    """`about`: the value of a subject of that studio. Raises NotFound for a studio that is not
    listed, Invalid (field `about`) for what is no longer there."""
    with changing_directory():
        studio = reported_studio(slug, number_of_review(about))
        subject = studio.subject(about)
        if subject is None:
            raise Invalid("This is not on the studio’s page any more. Choose again.", field="about")
        if not _was_sent_before(studio, subject, words):
            db.session.add(_report(studio, subject, words, user_id))
    return studio


def number_of_review(about: str | None) -> int | None:
    kind, _, number = (about or "").partition("-")
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    return int(number) if kind == "review" and is_number else None


def _was_sent_before(studio: Reported, subject: Subject, words: Words) -> bool:
    same = (
        Report.studio_number == studio.number,
        Report.about == subject.about,
        Report.about_number.is_not_distinct_from(subject.number),
        Report.problem == words.problem.value,
        Report.body.is_not_distinct_from(words.body),
        Report.email.is_not_distinct_from(words.email),
        Report.decided_at.is_(None),
        Report.created_at > now() - SENT_TWICE,
    )
    return db.session.scalar(select(Report.id).where(*same).limit(1)) is not None


def _report(studio: Reported, subject: Subject, words: Words, user_id: int | None) -> Report:
    return Report(
        id=str(uuid4()),
        about=subject.about,
        about_number=subject.number,
        studio_number=studio.number,
        user_id=user_id,
        email=words.email,
        problem=words.problem.value,
        body=words.body,
    )


def close_report(report_id: str, outcome: str, *, by: By) -> Report:
    """`outcome` is for staff alone. Raises NotFound, Invalid (field `outcome`), Conflict where
    somebody else was faster."""
    text = checked_outcome(outcome)
    with changing_directory():
        row = open_report(report_id)
        decide_report(row, text, by=by)
        forget_addresses(now())
    return row


def checked_outcome(outcome: str) -> str:
    text = outcome.strip()
    if not text:
        raise Invalid("Say what was done about it, for other staff.", field="outcome")
    if len(text) > LONGEST_OUTCOME:
        raise Invalid(f"At most {LONGEST_OUTCOME} characters, please.", field="outcome")
    return text


def decide_report(row: Report, outcome: str, *, by: By) -> None:
    """Within `changing_directory`, with the row locked."""
    row.decided_at, row.decided_by, row.outcome = now(), by.name, outcome
    _note(row, "report.closed", {"outcome": None}, {"outcome": outcome}, by=by)


def reopen_report(report_id: str, *, by: By) -> Report:
    """Raises NotFound, and Conflict for one that waits already."""
    with changing_directory():
        row = _locked(report_id)
        if row.decided_at is None:
            raise Conflict("This report is open already.")
        _note(row, "report.reopened", {"outcome": row.outcome}, {"outcome": None}, by=by)
        row.decided_at = row.decided_by = row.outcome = None
    return row


def open_report(report_id: str) -> Report:
    """Locked, within `changing_directory`. Raises NotFound, and Conflict for one that is closed."""
    row = _locked(report_id)
    if row.decided_at is not None:
        raise Conflict(DECIDED)
    return row


def _locked(report_id: str) -> Report:
    query = select(Report).where(Report.id == report_id).with_for_update()
    query = query.execution_options(populate_existing=True)
    row = db.session.scalar(query) if is_id(report_id) else None
    if row is None:
        raise NotFound(GONE, remedy="Go on with the next one.")
    return row


def _note(
    row: Report, action: str, before: dict[str, str | None], after: dict[str, str | None], *, by: By
) -> None:
    number = row.studio_number
    note_change(Made(action, Kind.REPORT, row.id, before, after, studio_number=number), by=by)


def forget_addresses(at: datetime) -> None:
    """Within `changing_directory`: of reports that were closed more than 30 days before."""
    query = update(Report).where(Report.decided_at < at - ADDRESS_KEPT, Report.email.is_not(None))
    db.session.execute(query.values(email=None).execution_options(synchronize_session=False))
