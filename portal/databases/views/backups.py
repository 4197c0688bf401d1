"""/ops/backups: what there is to go back to."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.access import staff, the_account
from portal.core.database import db
from portal.core.errors import Invalid
from portal.databases.backup import backups, is_present
from portal.databases.overview import expected_overviews
from portal.databases.queries import recent_operation
from portal.databases.targets import target_named
from portal.databases.views import blueprint
from portal.jobs.service import request_operation

LONGEST_REASON = 300


@blueprint.get("/backups")
@staff
def list_backups() -> str:
    return render_template(
        "databases/backups.html",
        overviews=expected_overviews(),
        backups=backups(),
        is_present=is_present,
        operation=recent_operation("databases.backup"),
    )


@blueprint.post("/backups")
@staff
def create_backup() -> Response:
    target = target_named(request.form.get("target", ""))
    reason = request.form.get("reason", "").strip() or "Asked for on the page"
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Keep the reason below {LONGEST_REASON} characters.")
    request_operation(
        "databases.backup", by=the_account(), target=target.name, arguments={"reason": reason}
    )
    db.session.commit()
    return redirect(url_for(".list_backups"))
