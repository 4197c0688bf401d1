"""Log in, log in again, log out."""

import secrets

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from portal.accounts.forms import FreshLoginForm, LoginForm
from portal.accounts.login.callers import caller_as, the_app
from portal.accounts.login.confirm_password import UNDONE
from portal.accounts.login.cookies import remember_device
from portal.accounts.login.identity import begin, current_account, current_session, forget
from portal.accounts.login.login import account_with, check_credentials, log_in, log_in_again
from portal.accounts.login.redirects import door_of
from portal.accounts.login.sessions import end_session
from portal.accounts.permissions.access import anybody, the_account, the_session
from portal.accounts.views import blueprint
from portal.audit.actor import VISITOR
from portal.audit.refusals import record_refusal
from portal.core.errors import Invalid, TooMany
from portal.core.forms import require_pressed
from portal.core.storage.database import db

Page = Response | str | tuple[str, int]


@blueprint.get("/ops/login")
def show_login() -> Page:
    wanted = request.args.get("next")
    if account := current_account():
        return redirect(door_of(account, wanted))
    return render_template("accounts/login.html", form=LoginForm(next=wanted), error=None)


@blueprint.post("/ops/login")
def create_login() -> Page:
    form = LoginForm()
    if not form.sent():
        return render_template("accounts/login.html", form=form, error=None), 422
    caller = caller_as(form.email.data)
    try:
        account = account_with(form.email.data, form.password.data, caller)
    except (Invalid, TooMany) as error:
        record_refusal(error, by=VISITOR)
        return render_template(
            "accounts/login.html", form=form, error=str(error)
        ), error.form_status
    if old := current_session():
        end_session(old, by=old.account)
    row, token = log_in(account, caller)
    db.session.commit()
    begin(row, token)
    response = redirect(door_of(account, form.next.data), 303)
    device = caller.device or secrets.token_urlsafe(12)
    remember_device(the_app(), response, account.email, device)
    return response


@blueprint.get("/ops/login/again")
@anybody
def show_fresh_login() -> Page:
    return _fresh_login_page(FreshLoginForm(next=request.args.get("next")))


@blueprint.post("/ops/login/again")
@anybody
def create_fresh_login() -> Page:
    form, row = FreshLoginForm(), the_session()
    if not form.sent():
        return _fresh_login_page(form), 422
    email = row.account.email
    try:
        check_credentials(email, form.password.data, caller_as(email))
    except (Invalid, TooMany) as error:
        record_refusal(error, by=VISITOR)
        return _fresh_login_page(form, str(error)), error.form_status
    token, undone = log_in_again(row), session.get(UNDONE)
    db.session.commit()
    begin(row, token)
    if undone:
        flash("You are logged in again. What you asked for was not done: do it once more.", "info")
    return redirect(door_of(row.account, form.next.data), 303)


@blueprint.get("/ops/login/token")
@anybody
def show_token() -> Response:
    """For a page that was open during a new login: the form token, and whose it is."""
    return jsonify(csrf_token=generate_csrf(), writer=the_account().id)


@blueprint.post("/ops/logout")
def delete_login() -> Page:
    require_pressed()
    if row := current_session():
        end_session(row, by=row.account)
        db.session.commit()
    forget()
    return redirect(url_for("accounts.show_login"), 303)


def _fresh_login_page(form: FreshLoginForm, error: str | None = None) -> str:
    undone = UNDONE in session
    return render_template("accounts/fresh_login.html", form=form, error=error, undone=undone)
