"""A person's own account: `/me`, sessions, password, address, mails."""

from contextlib import nullcontext, suppress

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.core.errors import Conflict, NotFound, Unavailable
from portal.core.forms import form_at, require_pressed
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.standing import own_claim
from portal.directory.forms.account import AddressForm, MailForm, PasswordForm
from portal.directory.models import User
from portal.directory.users.access.login import is_fresh, require_own_password
from portal.directory.users.account.address import (
    ask_address_change,
    confirm_address,
    open_confirmation,
    pending_change,
    withdraw_address_change,
)
from portal.directory.users.account.mail import choose_mail, user_to_unsubscribe, wants_mail
from portal.directory.users.account.overview import overview_of
from portal.directory.users.account.password import change_password, note_fresh_login
from portal.directory.users.identity import forget, require_session, require_user
from portal.directory.users.sessions import end_session, end_sessions, ends_at, live_sessions
from portal.directory.views.site import blueprint, link_ended, origin

Page = Response | str | tuple[str, int]


@blueprint.get("/me")
def show_account() -> str:
    user = require_user()
    overview = overview_of(user)
    form = form_at(lambda **more: MailForm(wants_mail=overview.wants_mail, **more), _mail())
    claim = own_claim(user.id)
    return render_template(
        "site/account.html", user=user, overview=overview, form=form, claim=claim
    )


@blueprint.post("/me/mail")
def update_mail() -> Response:
    form, user = MailForm(), require_user()
    form.require()
    wanted = bool(form.wants_mail.data)
    choose_mail(user.id, wanted=wanted)
    flash(
        "Visitors’ messages come by mail too."
        if wanted
        else "Visitors’ messages wait under Messages; no mail is sent about them.",
        "done",
    )
    return redirect(url_for(".show_account"), 303)


@blueprint.get("/me/password")
def show_password() -> str:
    user = require_user()
    form = form_at(PasswordForm, url_for(".create_password"))
    return render_template("site/password.html", user=user, form=form)


@blueprint.post("/me/password")
def create_password() -> Response:
    form, row = PasswordForm(), require_session()
    form.require()
    change_password(row.user, form.current.data, form.new.data, row=row, by=origin())
    flash("Your password is changed. Your other sessions were ended.", "done")
    return redirect(url_for(".show_account"), 303)


@blueprint.get("/me/sessions")
def list_sessions() -> str:
    this = require_session()
    rows = live_sessions(this.user_id)
    return render_template(
        "site/sessions.html", user=this.user, rows=rows, this=this, ends_at=ends_at
    )


@blueprint.post("/me/sessions/<int:session_id>/end")
def end_one_session(session_id: int) -> Response:
    this = require_session()
    require_pressed()
    is_this = this.id == session_id
    end_session(session_id, this.user_id)
    if is_this:
        forget()
        flash("You are logged out.", "done")
        return redirect(url_for(".show_login"), 303)
    flash("The session is ended.", "done")
    return redirect(url_for(".list_sessions"), 303)


@blueprint.post("/me/sessions/end-others")
def end_other_sessions() -> Response:
    this = require_session()
    require_pressed()
    user_id, session_id = this.user_id, this.id
    with changing_directory():
        end_sessions(user_id, but=session_id)
    flash("Your other sessions are ended.", "done")
    return redirect(url_for(".list_sessions"), 303)


@blueprint.get("/me/address")
def show_address() -> str:
    row = require_session()
    form = form_at(AddressForm, url_for(".create_address_change"))
    return render_template(
        "site/address.html",
        user=row.user,
        form=form,
        change=pending_change(row.user_id),
        asks_password=not is_fresh(row) or bool(form.current.errors),
    )


@blueprint.post("/me/address")
def create_address_change() -> Response:
    form, user = AddressForm(), require_user()
    form.require()
    confirm_it_is_them(form.current.data)
    ask_address_change(db.session.get_one(User, user.id), form.email.data, origin())
    flash("Two mails are on their way, one to each address.", "done")
    return redirect(url_for(".show_address"), 303)


@blueprint.post("/me/address/cancel")
def delete_address_change() -> Response:
    user = require_user()
    require_pressed()
    withdraw_address_change(user.id)
    flash("The change is withdrawn. Your address is as it was.", "done")
    return redirect(url_for(".show_address"), 303)


@blueprint.get("/me/address/<code>")
def show_address_confirmation(code: str) -> Page:
    """Without a login: the mail may be read on another device."""
    try:
        link = open_confirmation(code)
    except (NotFound, Conflict) as error:
        return link_ended(error)
    change = pending_change(link.user_id)
    return render_template("site/address_confirm.html", link=link, code=code, change=change)


@blueprint.post("/me/address/<code>")
def create_address_confirmation(code: str) -> Page:
    require_pressed()
    try:
        is_changed = confirm_address(code)
    except (NotFound, Conflict) as error:
        db.session.rollback()
        return link_ended(error)
    return render_template("site/address_confirmed.html", is_changed=is_changed)


@blueprint.get("/unsubscribe/<code>")
def show_unsubscription(code: str) -> Page:
    try:
        user = user_to_unsubscribe(code)
    except NotFound as error:
        return link_ended(error)
    return render_template("site/unsubscribe.html", code=code, is_ended=not wants_mail(user.id))


@blueprint.post("/unsubscribe/<code>")
def create_unsubscription(code: str) -> Page:
    require_pressed()
    try:
        choose_mail(user_to_unsubscribe(code).id, wanted=False)
    except NotFound as error:
        return link_ended(error)
    return redirect(url_for(".show_unsubscription", code=code), 303)


def confirm_it_is_them(typed: str | None, *, only_reads: bool = False) -> None:
    """For what needs a fresh login: an older one is renewed by the password. Raises Invalid.

    `only_reads`: goes on in maintenance mode too, where the new login can't be noted.
    """
    row = require_session()
    if is_fresh(row) and not typed:
        return
    session_id = row.id
    require_own_password(row.user, typed, origin())
    with suppress(Unavailable) if only_reads else nullcontext():
        note_fresh_login(session_id)


def _mail() -> str:
    return url_for(".update_mail")
