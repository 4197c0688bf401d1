"""Errors that no code expected, by release."""

from flask import render_template, request, url_for

from portal.accounts.permissions.access import staff
from portal.core.paging import page_of_rows
from portal.core.storage.database import db
from portal.jobs.release import release_name
from portal.monitoring.errors.queries import dropped_errors, groups_newest_first, latest_of
from portal.monitoring.views import blueprint

SIZE = 20


@blueprint.get("/ops/monitoring/errors")
@staff
def list_errors() -> str:
    release = request.args.get("release", "").strip()
    query = groups_newest_first(release)
    number = request.args.get("page", 1, type=int)
    page = page_of_rows(db.session(), query, number=number, size=SIZE)
    return render_template(
        "outages/errors.html",
        page=page,
        latest=latest_of(page.items),
        release=release,
        this_release=release_name(),
        dropped=dropped_errors(),
        page_address=lambda each: url_for(".list_errors", page=each, release=release or None),
    )
