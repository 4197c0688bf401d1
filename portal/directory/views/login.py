"""Login, logout, and a new password by a link."""

from functools import partial
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.login.cookies import realm_of
from portal.accounts.login.redirects import safe_path
from portal.accounts.models import Realm
from portal.core.errors import Conflict, Forbidden, NotFound, Unavailable
from portal.core.forms import form_at, require_pressed
from portal.core.storage.database import db
from portal.directory.forms.login import ForgottenForm, LoginForm, NewPasswordForm
from portal.directory.users.access.login import log_in
from portal.directory.users.access.reset import ask_reset, open_reset, reset_password
from portal.directory.users.identity import current_user, forget
from portal.directory.users.sessions import end_session
from portal.directory.views.site import (
    begin_instead_of,
    blueprint,
    link_ended,
    origin,
    session_here,
)

Page = Response | str | tuple[str, int]
HOME = "/me"
DOORS = ("/login", "/logout", "/signup")


@blueprint.get("/login")
def show_login() -> Page:
    wanted = request.args.get("next")
    if current_user():
        return redirect(door_of(wanted), 303)
    form = form_at(partial(LoginForm, next=wanted), url_for(".create_login"))
    return render_template("site/login.html", form=form)


@blueprint.post("/login")
def create_login() -> Page:
    form, before = LoginForm(), session_here()
    form.require()
    begin_instead_of(before, *log_in(form.email.data, form.password.data, origin()))
    return redirect(door_of(form.next.data), 303)


@blueprint.post("/logout")
def delete_login() -> Page:
    """In maintenance mode the row can't be ended: this browser forgets its token all the same."""
    require_pressed()
    said = "You are logged out."
    if here := session_here():
        try:
            end_session(*here)
        except NotFound:
            pass
        except Unavailable:
            said += (
                " The directory is read-only at the moment: once it can be changed again, log in"
                " and end the session under Sessions if others use this device."
            )
    forget()
    flash(said, "done")
    return redirect(url_for(".show_login"), 303)


@blueprint.get("/login/forgotten")
def show_forgotten() -> str:
    form = form_at(ForgottenForm, url_for(".create_reset_link"))
    return render_template("site/forgotten.html", form=form)


@blueprint.post("/login/forgotten")
def create_reset_link() -> Page:
    form = ForgottenForm()
    form.require()
    ask_reset(form.email.data, origin())
    return redirect(url_for(".show_reset_sent"), 303)


@blueprint.get("/login/forgotten/sent")
def show_reset_sent() -> str:
    return render_template("site/forgotten_sent.html")


@blueprint.get("/login/reset/<code>")
def show_reset(code: str) -> Page:
    try:
        link = open_reset(code)
    except (NotFound, Conflict) as error:
        return link_ended(error)
    form = form_at(NewPasswordForm, url_for(".create_new_password", code=code))
    return render_template("site/reset.html", form=form, link=link, code=code)


@blueprint.post("/login/reset/<code>")
def create_new_password(code: str) -> Page:
    form, before = NewPasswordForm(), session_here()
    form.require()
    try:
        made = reset_password(code, form.new.data, origin())
    except (NotFound, Conflict, Forbidden) as error:
        db.session.rollback()
        return link_ended(error)
    begin_instead_of(before, *made)
    flash("Your password is changed, and you are logged in. Other sessions were ended.", "done")
    return redirect(HOME, 303)


def door_of(wanted: str | None) -> str:
    """The wanted page of this site, else the account's own page."""
    path = safe_path(wanted)
    if path is None or realm_of(urlsplit(path).path) is not Realm.SITE:
        return HOME
    is_door = any(path == each or path.startswith((f"{each}/", f"{each}?")) for each in DOORS)
    return HOME if is_door else path
