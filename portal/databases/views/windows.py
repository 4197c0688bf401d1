"""/ops/windows: when production may be changed, announced in advance."""

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import admins, staff, the_account
from portal.accounts.reader_zone import reader_zone_name
from portal.core.forms import commit_and_redirect, form_at, require_pressed
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
from portal.databases.status.overview import Overview, expected_overviews
from portal.databases.targets.config import target_named
from portal.databases.views import blueprint


@blueprint.get("/windows")
@staff
def list_windows() -> str:
    return render_template(
        "databases/windows.html",
        coming=coming_windows(),
        past=past_windows(),
        overviews=_known(),
        zone=_zone(),
        form=form_at(_window_form, url_for(".create_window")),
    )


@blueprint.post("/windows")
@staff
def create_window() -> Response:
    form, zone = _window_form(), _zone()
    form.require()
    schedule_window(
        target_named(form.target.data or ""),
        summary=form.summary.data,
        starts_at=form.moment("starts", zone),
        ends_at=form.moment("ends", zone),
        by=the_account(),
    )
    return commit_and_redirect(url_for(".list_windows"), "The window is scheduled.")


@blueprint.post("/windows/<int:number>/withdrawal")
@staff
def create_window_withdrawal(number: int) -> Response:
    require_pressed()
    withdraw_window(window_numbered(number), by=the_account())
    return commit_and_redirect(url_for(".list_windows"), "The window is withdrawn.")


@blueprint.post("/databases/<path:target>/windows/rule")
@admins
def update_window_rule(target: str) -> Response:
    form = WindowRuleForm()
    form.require()
    required = form.required.data == "yes"
    require_windows(target_named(target), required=required, by=the_account())
    db.session.commit()
    return redirect(url_for(".list_windows"))


def _known() -> list[Overview]:
    return [each for each in expected_overviews() if each.known]


def _window_form(**given: Any) -> WindowForm:
    form = WindowForm(**given)
    form.target.choices = [each.target.name for each in _known()]
    return form


def _zone() -> str:
    return reader_zone_name() or "UTC"
