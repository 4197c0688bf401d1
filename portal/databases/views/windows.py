"""/ops/windows: when production may be changed, said beforehand."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.access import admins, staff, the_account
from portal.accounts.reader_zone import reader_zone_name
from portal.core.database import db
from portal.core.errors import Invalid
from portal.databases.overview import expected_overviews
from portal.databases.targets import target_named
from portal.databases.views import blueprint
from portal.databases.windows import (
    announce_window,
    coming_windows,
    past_windows,
    require_windows,
    window_numbered,
    withdraw_window,
)


@blueprint.get("/windows")
@staff
def list_windows() -> str:
    return render_template(
        "databases/windows.html",
        coming=coming_windows(),
        past=past_windows(),
        overviews=[each for each in expected_overviews() if each.known],
        zone=reader_zone_name() or "UTC",
    )


@blueprint.post("/windows")
@staff
def create_window() -> Response:
    announce_window(
        target_named(request.form.get("target", "")),
        summary=request.form.get("summary", ""),
        starts_at=_moment("starts"),
        ends_at=_moment("ends"),
        by=the_account(),
    )
    db.session.commit()
    flash("The window is announced.", "done")
    return redirect(url_for(".list_windows"))


@blueprint.post("/windows/<int:number>/withdrawal")
@staff
def create_window_withdrawal(number: int) -> Response:
    withdraw_window(window_numbered(number), by=the_account())
    db.session.commit()
    flash("The window is withdrawn.", "done")
    return redirect(url_for(".list_windows"))


@blueprint.post("/databases/<path:target>/windows/rule")
@admins
def update_window_rule(target: str) -> Response:
    required = request.form.get("required") == "yes"
    require_windows(target_named(target), required=required, by=the_account())
    db.session.commit()
    return redirect(url_for(".list_windows"))


def _moment(name: str) -> datetime:
    """A local time of the reader's zone, as the browser sends it."""
    try:
        local = datetime.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Invalid("Give the day and the time for both ends.") from None
    zone = ZoneInfo(reader_zone_name() or "UTC")
    return local.replace(tzinfo=local.tzinfo or zone).astimezone(UTC)
