"""Clients' organisations, for admins, after a fresh login: see `permissions`."""

from functools import partial

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.forms import NewContactForm, NewOrganisationForm, OrganisationForm
from portal.accounts.clients.logins import give_login
from portal.accounts.clients.queries import organisation_named
from portal.accounts.clients.service import (
    add_contact,
    archive_organisation,
    change_organisation,
    create_organisation,
    restore_organisation,
)
from portal.accounts.models import Organisation, Reading
from portal.accounts.permissions.access import admins, the_account
from portal.accounts.service import prepared_password
from portal.accounts.views import blueprint
from portal.accounts.views.accounts import handover_page
from portal.core.forms import commit_and_redirect, form_at, require_pressed
from portal.core.storage.database import db

Page = Response | str


@blueprint.post("/ops/accounts/organisations")
def create_one_organisation() -> Page:
    form = NewOrganisationForm()
    form.require()
    organisation = create_organisation(
        slug=form.slug.data,
        name=form.name.data,
        reading=Reading(form.reading.data),
        by=the_account(),
    )
    return _done(organisation, f"{organisation.name} is a client now. Next: its people.")


@blueprint.get("/ops/accounts/organisations/<slug>")
@admins
def show_organisation(slug: str) -> Page:
    organisation = organisation_named(slug)
    return render_template(
        "accounts/organisation.html",
        organisation=organisation,
        form=form_at(
            partial(OrganisationForm, obj=organisation), url_for(".update_organisation", slug=slug)
        ),
        contact_form=form_at(NewContactForm, url_for(".create_contact", slug=slug)),
    )


@blueprint.post("/ops/accounts/organisations/<slug>")
def update_organisation(slug: str) -> Page:
    organisation, form = organisation_named(slug), OrganisationForm()
    form.require()
    change_organisation(
        organisation, name=form.name.data, reading=Reading(form.reading.data), by=the_account()
    )
    return _done(organisation, f"{organisation.name} is changed.")


@blueprint.post("/ops/accounts/organisations/<slug>/contacts")
def create_contact(slug: str) -> Page:
    """Creates the contact's login in the same step, if requested."""
    form = NewContactForm()
    form.require()
    prepared = prepared_password() if form.with_login.data else None
    organisation, by = organisation_named(slug), the_account()
    contact = add_contact(organisation, form.person(), by=by)
    login = give_login(contact, by=by, password=prepared) if prepared else None
    if login is None:
        return _done(organisation, f"{contact.name} is a contact of {organisation.name} now.")
    db.session.commit()
    return handover_page(*login)


@blueprint.post("/ops/accounts/organisations/<slug>/archival")
def create_organisation_archival(slug: str) -> Page:
    require_pressed()
    organisation = organisation_named(slug)
    archive_organisation(organisation, by=the_account())
    return _done(
        organisation, f"{organisation.name} is archived: its contacts get no more messages."
    )


@blueprint.post("/ops/accounts/organisations/<slug>/archival/end")
def delete_organisation_archival(slug: str) -> Page:
    require_pressed()
    organisation = organisation_named(slug)
    restore_organisation(organisation, by=the_account())
    return _done(organisation, f"{organisation.name} is a client again.")


def _done(organisation: Organisation, sentence: str) -> Response:
    return commit_and_redirect(
        url_for("accounts.show_organisation", slug=organisation.slug), sentence
    )
