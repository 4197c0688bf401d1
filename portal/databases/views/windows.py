"""/ops/windows: when production may be changed, announced in advance."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import admins, staff, the_account
from portal.accounts.reader_zone import reader_zone_name
from portal.audit.refusals import record_refusal
from portal.core.errors import Invalid
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.forms import WindowForm, WindowRuleForm
from portal.databases.policies.windows import (
    coming_windows,
    past_windows,
    require_windows,
    schedule_window,
    window_numbered,
    withdraw_window,
)
from portal.databases.status.overview import expected_overviews
from portal.databases.targets.config import target_named
from portal.databases.views import blueprint

Page = Response | str | tuple[str, int]


@blueprint.get("/windows")
@staff
def list_windows() -> str:
    return _page(WindowForm(formdata=None))


@blueprint.post("/windows")
@staff
def create_window() -> Page:
    form, zone = WindowForm(), _zone()
    if not form.sent():
        return _page(form), 422
    try:
        schedule_window(
            target_named(form.target.data or ""),
            summary=form.summary.data,
            starts_at=form.moment("starts", zone),
            ends_at=form.moment("ends", zone),
            by=the_account(),
        )
    except Invalid as error:
        record_refusal(error, by=the_account())
        return _page(form, error), error.status
    db.session.commit()
    flash("The window is scheduled.", "done")
    return redirect(url_for(".list_windows"))


@blueprint.post("/windows/<int:number>/withdrawal")
@staff
def create_window_withdrawal(number: int) -> Response:
    require_pressed()
    withdraw_window(window_numbered(number), by=the_account())
    db.session.commit()
    flash("The window is withdrawn.", "done")
    return redirect(url_for(".list_windows"))


@blueprint.post("/databases/<path:target>/windows/rule")
@admins
def update_window_rule(target: str) -> Response:
    form = WindowRuleForm()
    form.require()
    required = form.required.data == "yes"
    require_windows(target_named(target), required=required, by=the_account())
    db.session.commit()
    return redirect(url_for(".list_windows"))


def _page(form: WindowForm, error: Invalid | None = None) -> str:
    overviews = [each for each in expected_overviews() if each.known]
    form.target.choices = [each.target.name for each in reversed(overviews)]
    return render_template(
        "databases/windows.html",
        coming=coming_windows(),
        past=past_windows(),
        overviews=overviews,
        zone=_zone(),
        form=form,
        error=error,
    )


def _zone() -> str:
    return reader_zone_name() or "UTC"
