"""The login page's buttons of a demo; `portal.control.demo_login` decides."""

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from portal.accounts.forms import DemoLoginForm, LoginForm
from portal.accounts.login.identity import begin, current_account, current_session
from portal.accounts.login.redirects import door_of
from portal.accounts.login.sessions import end_session
from portal.accounts.views import blueprint
from portal.audit.actor import VISITOR
from portal.audit.refusals import record_refusal
from portal.control.demo_login import (
    Asked,
    DemoLogin,
    demo_login,
    offered,
    where_owner_logs_in,
    where_password_is,
)
from portal.core.errors import Forbidden, Invalid, TooMany
from portal.core.storage.database import db


@blueprint.app_template_global("demo_logins")
def demo_logins() -> list[DemoLogin]:
    return offered(Asked.of(request.environ))


@blueprint.app_template_global("demo_password_hint")
def demo_password_hint() -> str | None:
    return where_password_is(current_account(), Asked.of(request.environ))


@blueprint.app_template_global("demo_owner_hint")
def demo_owner_hint() -> str | None:
    return where_owner_logs_in(Asked.of(request.environ))


@blueprint.post("/ops/login/demo")
def create_demo_login() -> Response | tuple[str, int]:
    form = DemoLoginForm()
    asked, agent = Asked.of(request.environ), request.user_agent.string
    try:
        form.require()
        row, token = demo_login(form.role.data, asked, user_agent=agent)
    except (Invalid, Forbidden, TooMany) as error:
        record_refusal(error, by=VISITOR)
        empty = LoginForm(formdata=None, next=form.next.data)
        page = render_template("accounts/login.html", form=empty, error=str(error))
        return page, error.form_status
    if old := current_session():
        end_session(old, by=old.account)
    db.session.commit()
    begin(row, token)
    return redirect(door_of(row.account, form.next.data), 303)
