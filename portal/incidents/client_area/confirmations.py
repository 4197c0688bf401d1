"""Confirmations by clients that they have read a text."""

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Account
from portal.audit.service import record
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.incidents.models import ReadingConfirmation
from portal.incidents.report import Report


def confirm_reading(report: Report, *, seen: str, by: Account) -> ReadingConfirmation:
    """Confirm a text once for each person; idempotent; the caller commits.

    `seen` is the hash of the text on the confirmed page. Raises Conflict if the text has changed
    since.
    """
    if seen != report.sha256:
        raise Conflict(
            "The report has changed since you opened it, so nothing was confirmed.",
            remedy="Go back to it, read the new text, and confirm that.",
        )
    known = confirmation_of(report, by)
    return known or _confirmed(report, by)


def confirmation_of(report: Report, account: Account) -> ReadingConfirmation | None:
    """This person's confirmation of the current text."""
    asked = {"slug": report.slug, "sha256": report.sha256, "account": account.id}
    return db.session.scalar(_OF_TEXT, asked)


_OF_TEXT = select(ReadingConfirmation).where(
    ReadingConfirmation.slug == bindparam("slug"),
    ReadingConfirmation.sha256 == bindparam("sha256"),
    ReadingConfirmation.account_id == bindparam("account"),
)


def _confirmed(report: Report, by: Account) -> ReadingConfirmation:
    row = ReadingConfirmation(slug=report.slug, sha256=report.sha256, account=by)
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError as error:
        raise Conflict("You have confirmed this text already.") from error
    record(
        "reading.confirmed",
        row,
        by=by,
        target=f"incidents/{report.slug}",
        details={"sha256": report.sha256},
    )
    return row
