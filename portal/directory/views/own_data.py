"""The download of one's own data, and the deletion of the account."""

from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.core.clock import now
from portal.core.forms import form_at, require_pressed
from portal.directory.forms.account import OwnPasswordForm
from portal.directory.users.access.login import is_fresh
from portal.directory.users.account.deletion import (
    GRACE,
    ask_deletion,
    due_at,
    what_goes,
    withdraw_deletion,
)
from portal.directory.users.account.export import export_of
from portal.directory.users.identity import require_session, require_user
from portal.directory.views.account import confirm_it_is_them
from portal.directory.views.site import blueprint


@blueprint.get("/me/export")
def show_export() -> str:
    return _page("site/export.html", ".create_export")


@blueprint.post("/me/export")
def create_export() -> Response:
    """Reads alone, so it works in maintenance mode: the fresh login is then not noted."""
    form = OwnPasswordForm()
    require_session()
    form.require()
    confirm_it_is_them(form.current.data, only_reads=True)
    user = require_user()
    response = make_response(export_of(user))
    response.headers["Content-Type"] = "application/zip"
    name = f"my-data-{now():%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/me/deletion")
def show_deletion() -> str:
    user = require_user()
    return _page(
        "site/deletion.html",
        ".create_deletion",
        goes=what_goes(user),
        due_at=due_at(user.id),
        would_be_due_at=now() + GRACE,
    )


@blueprint.post("/me/deletion")
def create_deletion() -> Response:
    form, user_id = OwnPasswordForm(), require_user().id
    form.require()
    confirm_it_is_them(form.current.data)
    ask_deletion(user_id)
    flash("Your account will be deleted. You can take it back until then.", "done")
    return redirect(url_for(".show_deletion"), 303)


@blueprint.post("/me/deletion/cancel")
def delete_deletion() -> Response:
    user_id = require_user().id
    require_pressed()
    withdraw_deletion(user_id)
    flash("Your account stays as it is.", "done")
    return redirect(url_for(".show_account"), 303)


def _page(template: str, action: str, **more: object) -> str:
    row = require_session()
    form = form_at(OwnPasswordForm, url_for(action))
    asks = not is_fresh(row) or bool(form.current.errors)
    return render_template(template, user=row.user, form=form, asks_password=asks, **more)
