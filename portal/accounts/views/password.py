"""The account's own password."""

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.forms import PasswordForm
from portal.accounts.login.callers import caller_as
from portal.accounts.login.redirects import door_of
from portal.accounts.permissions.access import anybody, the_account, the_session
from portal.accounts.service import change_password
from portal.accounts.views import blueprint
from portal.core.forms import form_at
from portal.core.storage.database import db


@blueprint.get("/ops/password")
@anybody
def show_password() -> str:
    form = partial(PasswordForm, next=request.args.get("next"))
    return render_template(
        "accounts/password.html",
        form=form_at(form, url_for(".create_password")),
        handed_over=the_account().must_change_password,
    )


@blueprint.post("/ops/password")
@anybody
def create_password() -> Response:
    form, account = PasswordForm(), the_account()
    form.require()
    was_handed_over = account.must_change_password
    change_password(
        account,
        form.current.data,
        form.new.data,
        session=the_session(),
        end_others=form.end_others.data,
        caller=caller_as(account.email),
    )
    db.session.commit()
    flash("Your password is changed.", "done")
    if was_handed_over:
        return redirect(door_of(account, form.next.data), 303)
    return redirect(url_for("accounts.list_sessions"), 303)
