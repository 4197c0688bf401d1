"""The account's own sessions, and for admins those of all accounts."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.login.identity import forget
from portal.accounts.login.sessions import (
    end_session,
    end_sessions,
    live_sessions,
    session_for_ending,
)
from portal.accounts.permissions.access import anybody, the_account, the_session
from portal.accounts.views import blueprint
from portal.core.forms import commit_and_redirect, require_pressed
from portal.core.storage.database import db


@blueprint.get("/ops/sessions")
@anybody
def list_sessions() -> str:
    account = the_account()
    rows = live_sessions() if account.is_admin else live_sessions(account)
    return render_template(
        "accounts/sessions.html",
        own=[row for row in rows if row.account_id == account.id],
        others=[row for row in rows if row.account_id != account.id],
        this=the_session(),
    )


@blueprint.post("/ops/sessions/<int:session_id>/end")
@anybody
def end_one_session(session_id: int) -> Response:
    require_pressed()
    account, this = the_account(), the_session()
    row = session_for_ending(session_id, by=account)
    end_session(row, by=account)
    db.session.commit()
    if row is this:
        forget()
        return redirect(url_for("accounts.show_login"), 303)
    flash("The session is ended.", "done")
    return redirect(url_for("accounts.list_sessions"), 303)


@blueprint.post("/ops/sessions/others/end")
@anybody
def end_other_sessions() -> Response:
    require_pressed()
    account = the_account()
    ended = end_sessions(account, but=the_session(), by=account)
    return commit_and_redirect(
        url_for("accounts.list_sessions"),
        f"Ended {ended} other session{'' if ended == 1 else 's'}.",
    )
