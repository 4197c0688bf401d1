"""The account's own password."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.forms import PasswordForm
from portal.accounts.login.callers import caller_as
from portal.accounts.login.redirects import door_of
from portal.accounts.permissions.access import anybody, the_account, the_session
from portal.accounts.service import change_password
from portal.accounts.views import blueprint
from portal.audit.refusals import record_refusal
from portal.core.errors import Invalid, TooMany
from portal.core.storage.database import db


@blueprint.get("/ops/password")
@anybody
def show_password() -> str:
    form = PasswordForm(next=request.args.get("next"))
    return _page(form)


@blueprint.post("/ops/password")
@anybody
def create_password() -> Response | tuple[str, int]:
    form, account = PasswordForm(), the_account()
    if not form.sent():
        return _page(form), 400
    was_handed_over = account.must_change_password
    try:
        change_password(
            account,
            form.current.data,
            form.new.data,
            session=the_session(),
            end_others=form.end_others.data,
            caller=caller_as(account.email),
        )
    except (Invalid, TooMany) as error:
        record_refusal(error, by=account)
        return _page(form, error=str(error)), error.status
    db.session.commit()
    flash("Your password is changed.", "done")
    if was_handed_over:
        return redirect(door_of(account, form.next.data), 303)
    return redirect(url_for("accounts.list_sessions"), 303)


def _page(form: PasswordForm, *, error: str | None = None) -> str:
    handed_over = the_account().must_change_password
    return render_template(
        "accounts/password.html", form=form, error=error, handed_over=handed_over
    )
