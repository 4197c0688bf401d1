"""One's own password."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.access import anybody, the_account, the_session
from portal.accounts.callers import caller_as
from portal.accounts.forms import PasswordForm
from portal.accounts.service import change_password
from portal.accounts.views import blueprint
from portal.audit.refusals import record_refusal
from portal.core.database import db
from portal.core.errors import Invalid, TooMany


@blueprint.get("/ops/password")
@anybody
def show_password() -> str:
    return render_template("accounts/password.html", form=PasswordForm(), error=None)


@blueprint.post("/ops/password")
@anybody
def create_password() -> Response | tuple[str, int]:
    form, account = PasswordForm(), the_account()
    if not form.sent():
        return render_template("accounts/password.html", form=form, error=None), 400
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
        page = render_template("accounts/password.html", form=form, error=str(error))
        return page, error.status
    db.session.commit()
    flash("Your password is changed.", "done")
    return redirect(url_for("accounts.list_sessions"), 303)
