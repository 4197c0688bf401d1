"""A person's studio: the overview, the form of each section, publishing, hiding."""

from functools import partial
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.core.errors import Conflict, NotFound, Unavailable
from portal.core.forms import form_at, require_pressed
from portal.directory.claims.standing import own_claim
from portal.directory.forms.studio import FORMS, HoursForm, SectionForm
from portal.directory.owners import publishing
from portal.directory.owners.own import Own, own_studio
from portal.directory.owners.saving import save_section
from portal.directory.owners.sections import Section, section_called
from portal.directory.pages.reading import studio_page
from portal.directory.users.identity import require_user
from portal.directory.views import page_of_reviews
from portal.directory.views.site import blueprint
from portal.directory.views.studio_parts import (
    Outcome,
    address_after,
    form_after,
    likely_zone,
    overview_parts,
    section_parts,
    stored_in,
)
from portal.directory.visibility import slug_of

SOMEBODY_ELSE = "Somebody else is logged in to this browser now, so nothing was saved."


@blueprint.get("/me/studio")
def show_studio() -> str:
    own = own_studio(require_user())
    return render_template("site/studio.html", claim=own_claim(own.user.id), **overview_parts(own))


@blueprint.get("/me/studio/preview")
def show_preview() -> str:
    """The public page as it is now, for its owner alone."""
    own = own_studio(require_user())
    shown = None if own.is_new else slug_of(own.studio.name, own.studio.id)
    page = page_of_reviews()
    found = studio_page(shown, page=page, is_preview=True) if shown else None
    if found is None:
        raise NotFound("There is nothing to show yet.", remedy="Give your studio a name first.")
    return render_template("site/studio_preview.html", studio=found, state=publishing.state_of(own))


@blueprint.get("/me/studio/<section>")
def show_section(section: str) -> str:
    part, own = section_called(section), own_studio(require_user())
    make = partial(_section_form, part, own)
    form = form_at(make, url_for(".update_section", section=section))
    return render_template("site/studio_section.html", **section_parts(part, own, form, Outcome()))


def _section_form(section: Section, own: Own, **_how: Any) -> SectionForm:
    form = FORMS[section.slug].showing(stored_in(section, own), own.user.id)
    if isinstance(form, HoursForm) and not form.zone.data:
        form.zone.data = likely_zone(own)  # saved with the first hours
    return form


@blueprint.post("/me/studio/<section>")
def update_section(section: str) -> Response:
    """Each field is saved that can be. A script gets what has changed on its page; a person without
    one the page again, if anything was not saved."""
    part = section_called(section)
    form = FORMS[part.slug]()
    form.sent()
    user_id = require_user().id
    try:
        _require_writer(form, user_id)
        saved = save_section(user_id, part, form.typed(), version=form.sent_version())
        outcome = Outcome(saved=saved)
    except (Unavailable, Conflict) as error:
        outcome = Outcome(why_not=str(error), status=error.status)
    return _answer(section, form_after(form, outcome), outcome)


def _require_writer(form: SectionForm, user_id: int) -> None:
    """Raises Conflict where the page was opened by another person."""
    if form.writer.data not in {"", None, str(user_id)}:
        raise Conflict(SOMEBODY_ELSE, remedy="Copy what you typed before you open the page again.")


def _answer(section: str, form: SectionForm, outcome: Outcome) -> Response:
    part, own = section_called(section), own_studio(require_user())
    is_script = "HX-Request" in request.headers
    if outcome.is_whole(form) and not is_script:
        flash("Saved.", "done")
        return redirect(address_after(part, is_on=bool(form.next.data)), 303)
    page = "site/_section_saved.html" if is_script else "site/studio_section.html"
    parts = section_parts(part, own, form, outcome)
    return make_response(render_template(page, **parts), outcome.status_of(form))


@blueprint.post("/me/studio/publish")
def create_publication() -> Response:
    user_id = require_user().id
    require_pressed()
    publishing.publish_studio(user_id)
    return _done("Your studio is published.")


@blueprint.post("/me/studio/hide")
def create_hiding() -> Response:
    user_id = require_user().id
    require_pressed()
    publishing.hide_studio(user_id)
    return _done("Your studio is hidden. Nothing of it was deleted.")


@blueprint.post("/me/studio/show")
def delete_hiding() -> Response:
    user_id = require_user().id
    require_pressed()
    publishing.show_studio(user_id)
    return _done("Your studio is published again.")


def _done(sentence: str) -> Response:
    flash(sentence, "done")
    return redirect(url_for(".show_studio"), 303)
