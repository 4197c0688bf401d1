"""A client's contact and their login, for admins, after a fresh login: see `permissions`."""

from functools import partial
from typing import Any

from flask import render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.accounts.clients.forms import ContactForm, LoginChoiceForm
from portal.accounts.clients.logins import connect_login, disconnect_login, give_login
from portal.accounts.clients.queries import accounts_to_connect, contact_by_id
from portal.accounts.clients.service import archive_contact, change_contact, restore_contact
from portal.accounts.models import Contact
from portal.accounts.permissions.access import admins, the_account
from portal.accounts.queries import account_by_id
from portal.accounts.service import prepared_password
from portal.accounts.views import blueprint
from portal.accounts.views.accounts import handover_page
from portal.core.forms import commit_and_redirect, form_at, require_pressed
from portal.core.storage.database import db

Page = Response | str


@blueprint.get("/ops/accounts/contacts/<int:contact_id>")
@admins
def show_contact(contact_id: int) -> Page:
    contact = contact_by_id(contact_id)
    address = url_for(".update_contact", contact_id=contact_id)
    connection = url_for(".create_login_connection", contact_id=contact_id)
    return render_template(
        "accounts/contact.html",
        contact=contact,
        form=form_at(partial(ContactForm, obj=contact), address),
        choice=form_at(_choice, connection),
    )


@blueprint.post("/ops/accounts/contacts/<int:contact_id>")
def update_contact(contact_id: int) -> Page:
    contact, form = contact_by_id(contact_id), ContactForm()
    form.require()
    change_contact(contact, form.person(), by=the_account())
    return _done(contact, f"{contact.name} is changed.")


@blueprint.post("/ops/accounts/contacts/<int:contact_id>/archival")
def create_contact_archival(contact_id: int) -> Page:
    require_pressed()
    contact = contact_by_id(contact_id)
    archive_contact(contact, by=the_account())
    return _done(contact, f"{contact.name} is archived and gets no more messages.")


@blueprint.post("/ops/accounts/contacts/<int:contact_id>/archival/end")
def delete_contact_archival(contact_id: int) -> Page:
    require_pressed()
    contact = contact_by_id(contact_id)
    restore_contact(contact, by=the_account())
    return _done(contact, f"{contact.name} is a contact again.")


@blueprint.post("/ops/accounts/contacts/<int:contact_id>/login")
def create_contact_login(contact_id: int) -> Page:
    require_pressed()
    prepared = prepared_password()
    login = give_login(contact_by_id(contact_id), by=the_account(), password=prepared)
    db.session.commit()
    return handover_page(*login)


@blueprint.post("/ops/accounts/contacts/<int:contact_id>/login/connection")
def create_login_connection(contact_id: int) -> Page:
    contact, form = contact_by_id(contact_id), _choice()
    form.require()
    account = account_by_id(int(form.account_id.data))
    connect_login(contact, account, by=the_account())
    return _done(contact, f"{contact.name} logs in as {account.email} now.")


@blueprint.post("/ops/accounts/contacts/<int:contact_id>/login/connection/end")
def delete_login_connection(contact_id: int) -> Page:
    require_pressed()
    contact = contact_by_id(contact_id)
    disconnect_login(contact, by=the_account())
    return _done(contact, f"{contact.name} has no login any more.")


def _choice(**given: Any) -> LoginChoiceForm:
    form = LoginChoiceForm(**given)
    form.account_id.choices = [
        SelectChoice(str(account.id), f"{account.name}, {account.email}")
        for account in accounts_to_connect()
    ]
    return form


def _done(contact: Contact, sentence: str) -> Response:
    return commit_and_redirect(url_for("accounts.show_contact", contact_id=contact.id), sentence)
