"""A report that is closed by taking what it is about off the page, in as few steps as it can be."""

from portal.core.errors import Conflict
from portal.core.storage.database import changing_directory, db
from portal.directory.history.recording import By
from portal.directory.messages.queries import is_id
from portal.directory.reports.models import Report, ReportAbout
from portal.directory.reports.pictures import checked_reason, remove_reported
from portal.directory.reports.problems import LONGEST_OUTCOME
from portal.directory.reports.service import DECIDED, close_report, decide_report, open_report
from portal.directory.reviews.moderation import remove_review

NOTHING = "There is nothing to remove: it is not on the studio’s page any more."


def remove_what_was_reported(report_id: str, because: str, *, by: By) -> None:
    """Remove the review or the picture, whose author or owner reads `because`, and close the
    report. Raises NotFound, Invalid (field `because`), Conflict."""
    reason = checked_reason(because)
    outcome = f"Removed: {reason}"[:LONGEST_OUTCOME]
    row = db.session.get(Report, report_id) if is_id(report_id) else None
    if row is None or row.decided_at is not None:
        raise Conflict(DECIDED)
    about, number = row.about, row.about_number
    if number is None:
        raise Conflict(NOTHING)
    if about is ReportAbout.REVIEW:
        remove_review(number, reason, by=by)
        close_report(report_id, outcome, by=by)
        return
    with changing_directory():
        found = open_report(report_id)
        remove_reported(number, reason, by=by)
        decide_report(found, outcome, by=by)
