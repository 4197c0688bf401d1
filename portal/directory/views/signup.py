"""Sign-up, the page that says to look for a mail, and the confirmation of the address."""

from uuid import uuid4

from flask import flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from portal.core.errors import Conflict, NotFound
from portal.core.forms import ButtonForm, form_at, require_pressed
from portal.core.storage.database import db
from portal.directory.forms.login import SignUpForm, SignUpPasswordForm
from portal.directory.users.access.signup import (
    confirm_sign_up,
    open_sign_up,
    require_password_of,
    send_again,
    sign_up,
)
from portal.directory.users.identity import current_user
from portal.directory.users.links import id_in
from portal.directory.views.site import (
    begin_instead_of,
    blueprint,
    link_ended,
    origin,
    session_here,
)

Page = Response | str | tuple[str, int]
WAITS = "signup"
"""In this browser's cookie: the id of its sign-up, which opens nothing, and the address."""


@blueprint.get("/signup")
def show_signup() -> Page:
    if current_user():
        return redirect(url_for(".show_account"), 303)
    return render_template("site/signup.html", form=form_at(SignUpForm, url_for(".create_signup")))


@blueprint.post("/signup")
def create_signup() -> Page:
    form = SignUpForm()
    form.require()
    fields = {"name": form.name.data, "email": form.email.data, "password": form.new.data}
    is_robot = bool(form.website.data)
    made = str(uuid4()) if is_robot else sign_up(**fields, origin=origin())
    session[WAITS] = [made, form.email.data.strip().casefold()]
    return redirect(url_for(".show_signup_sent"), 303)


@blueprint.get("/signup/sent")
def show_signup_sent() -> Page:
    if WAITS not in session:
        return redirect(url_for(".show_signup"), 303)
    return render_template("site/signup_sent.html", email=session[WAITS][1])


@blueprint.post("/signup/sent")
def create_signup_letter() -> Page:
    require_pressed()
    if WAITS not in session:
        return redirect(url_for(".show_signup"), 303)
    made, email = session[WAITS]
    send_again(made, email, origin())
    flash("Another mail is on its way.", "done")
    return redirect(url_for(".show_signup_sent"), 303)


@blueprint.get("/signup/confirm/<code>")
def show_confirmation(code: str) -> Page:
    """Opened by scanners of mail too: it changes nothing."""
    try:
        row = open_sign_up(code)
    except (NotFound, Conflict) as error:
        return link_ended(error)
    own = None if _is_made_here(code) else form_at(SignUpPasswordForm, _address_of(code))
    return render_template("site/signup_confirm.html", row=row, code=code, form=own)


@blueprint.post("/signup/confirm/<code>")
def create_account(code: str) -> Page:
    before = session_here()
    form = ButtonForm() if _is_made_here(code) else SignUpPasswordForm()
    try:
        open_sign_up(code)
        form.require()
        if isinstance(form, SignUpPasswordForm):
            require_password_of(code, form.current.data, origin())
        made = confirm_sign_up(code, origin())
    except (NotFound, Conflict) as error:
        db.session.rollback()
        return link_ended(error)
    begin_instead_of(before, *made)
    flash("Your account is open. Now describe your studio: it is saved as you go.", "done")
    return redirect(url_for(".show_studio"), 303)


def _is_made_here(code: str) -> bool:
    """Whether this browser made the sign-up that the link confirms."""
    return WAITS in session and session[WAITS][0] == id_in("signup", code)


def _address_of(code: str) -> str:
    return url_for(".create_account", code=code)
