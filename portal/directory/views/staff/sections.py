"""Each section of a studio, edited by staff as by its owner; and one change taken back."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import the_account
from portal.core.errors import Conflict, Unavailable
from portal.core.forms import form_at, require_pressed
from portal.core.zones import offered_zones
from portal.directory.admin.section import ALL, section_for_staff
from portal.directory.admin.studio import own_of
from portal.directory.admin.undoing import undo_change
from portal.directory.folding import one_line
from portal.directory.forms.staff.sections import STAFF_FORMS, in_staffs_words, reason_in
from portal.directory.forms.studio import SectionForm
from portal.directory.owners.own import Own
from portal.directory.owners.saving import Saved, save_section
from portal.directory.owners.sections import Section
from portal.directory.presentation import UNNAMED
from portal.directory.views.staff import blueprint, by_staff
from portal.directory.views.studio_parts import Outcome, form_after, stored_in

SOMEBODY_ELSE = "Another account is logged in to this browser now, so nothing was saved."


@blueprint.get("/studios/<int:number>/<section>")
def show_section(number: int, section: str) -> str:
    part, own = section_for_staff(section), own_of(number)
    address = url_for(".update_studio", number=number, section=section)
    form = form_at(partial(_form, part, own), address)
    return render_template("staff/studio_section.html", **_parts(part, own, form, Outcome()))


def _form(section: Section, own: Own, **_how: Any) -> SectionForm:
    return STAFF_FORMS[section.slug].showing(stored_in(section, own), the_account().id)


@blueprint.post("/studios/<int:number>/<section>")
def update_studio(number: int, section: str) -> Response:
    """Each field is saved that can be; the page again if anything was not."""
    part = section_for_staff(section)
    form = STAFF_FORMS[part.slug]()
    form.sent()
    user_id = own_of(number).user.id
    try:
        _require_writer(form)
        saved = _save(user_id, part, form)
        outcome = Outcome(saved=saved)
    except (Unavailable, Conflict) as error:
        outcome = Outcome(why_not=str(error), status=error.status)
    return _answer(number, part, form_after(form, outcome), outcome)


def _save(user_id: int, part: Section, form: SectionForm) -> Saved:
    version, typed = form.sent_version(), form.typed()
    if form["reason"].errors:
        return Saved(refused={"reason": str(form["reason"].errors[0])})
    return save_section(
        user_id, part, typed, version=version, by=by_staff(), reason=reason_in(form)
    )


def _require_writer(form: SectionForm) -> None:
    """Raises Conflict where the page was opened by another account."""
    if form.writer.data not in {"", None, str(the_account().id)}:
        raise Conflict(SOMEBODY_ELSE, remedy="Copy what you typed before you open the page again.")


def _answer(number: int, part: Section, form: SectionForm, outcome: Outcome) -> Response:
    if outcome.is_whole(form):
        flash(
            "Saved." if outcome.saved and outcome.saved.written else "Nothing was changed.", "done"
        )
        return redirect(url_for(".show_section", number=number, section=part.slug), 303)
    parts = _parts(part, own_of(number), form, outcome)
    return make_response(
        render_template("staff/studio_section.html", **parts), outcome.status_of(form)
    )


def _parts(section: Section, own: Own, form: SectionForm, outcome: Outcome) -> dict[str, Any]:
    return {
        "section": section,
        "number": own.studio.id,
        "name": one_line(own.studio.name) or UNNAMED,
        "form": in_staffs_words(form),
        "writer": the_account().id,
        "outcome": outcome,
        "status": outcome.status_of(form),
        "tabs": [(each.title, each.slug) for each in ALL],
        "zones": offered_zones() if section.slug == "hours" else (),
    }


@blueprint.post("/changes/<uuid:change_id>/undo")
def create_change_undo(change_id: UUID) -> Response:
    require_pressed()
    number = undo_change(str(change_id), by=by_staff())
    flash("The change was taken back.", "done")
    return redirect(url_for(".show_studio", number=number, _anchor="history"), 303)
