"""The accounts of staff and clients, for admins, after a fresh login: see `permissions`."""

from functools import partial

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.forms import NewOrganisationForm
from portal.accounts.clients.queries import organisations_with_people
from portal.accounts.forms import AccountForm, RoleForm
from portal.accounts.models import Account, Role
from portal.accounts.permissions.access import admins, the_account
from portal.accounts.queries import account_by_id, all_accounts
from portal.accounts.service import (
    change_role,
    create_account,
    disable_account,
    enable_account,
    prepared_password,
    reset_password,
)
from portal.accounts.views import blueprint
from portal.core.forms import commit_and_redirect, form_at, require_pressed
from portal.core.storage.database import db, reading
from portal.runbooks.engine.queries import driven_by

Page = Response | str


@blueprint.get("/ops/accounts")
@admins
def list_accounts() -> Page:
    return render_template(
        "accounts/accounts.html",
        accounts=all_accounts(),
        form=form_at(partial(AccountForm, role=Role.OPS.value), url_for(".create_one_account")),
        organisations=organisations_with_people(),
        organisation_form=form_at(NewOrganisationForm, url_for(".create_one_organisation")),
    )


@blueprint.post("/ops/accounts")
def create_one_account() -> Page:
    form = AccountForm()
    form.require()
    password = prepared_password()
    account = create_account(
        email=form.email.data,
        name=form.name.data,
        role=Role(form.role.data),
        password=password,
        by=the_account(),
    )
    db.session.commit()
    return handover_page(account, password.words)


@blueprint.get("/ops/accounts/<int:account_id>")
@admins
def show_account(account_id: int) -> Page:
    account, address = account_by_id(account_id), url_for(".update_role", account_id=account_id)
    form = form_at(partial(RoleForm, role=account.role.value), address)
    return render_template("accounts/account.html", person=account, form=form)


@blueprint.post("/ops/accounts/<int:account_id>/role")
def update_role(account_id: int) -> Page:
    account, form = account_by_id(account_id), RoleForm()
    form.require()
    change_role(account, Role(form.role.data), by=the_account())
    return _done(account, f"{account.name} has the role “{account.role}” now.")


@blueprint.post("/ops/accounts/<int:account_id>/disablement")
def create_disablement(account_id: int) -> Page:
    require_pressed()
    account = account_by_id(account_id)
    disable_account(account, by=the_account())
    said = f"{account.name} can’t log in any more, and is logged out everywhere."
    return _done(account, " ".join([said, *what_goes_on(account)]))


@blueprint.post("/ops/accounts/<int:account_id>/disablement/end")
def delete_disablement(account_id: int) -> Page:
    require_pressed()
    account = account_by_id(account_id)
    enable_account(account, by=the_account())
    return _done(account, f"{account.name} can log in again.")


@blueprint.post("/ops/accounts/<int:account_id>/password")
def create_password_reset(account_id: int) -> Page:
    require_pressed()
    prepared = prepared_password()
    account = account_by_id(account_id)
    password = reset_password(account, by=the_account(), password=prepared)
    db.session.commit()
    return handover_page(account, password)


def handover_page(account: Account, password: str) -> str:
    """The only page that shows a password; it has no address of its own.

    Rendered after the commit: it writes nothing, so it does not hold the lock of ops.
    """
    with reading():
        return render_template("accounts/handover.html", person=account, password=password)


def what_goes_on(account: Account) -> list[str]:
    """What an account leaves behind: a run continues, and somebody has to take it over."""
    return [
        f"Run {run.number}, “{run.title}”, goes on without its driver: somebody takes it over."
        for run in driven_by(account.id)
    ]


def _done(account: Account, sentence: str) -> Response:
    return commit_and_redirect(url_for("accounts.show_account", account_id=account.id), sentence)
