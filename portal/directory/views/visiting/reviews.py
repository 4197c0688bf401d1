"""Reviews: written, edited and deleted by their authors."""

from functools import partial
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.core.errors import Forbidden
from portal.core.forms import form_at, require_pressed
from portal.directory.forms.reviews import ReviewForm
from portal.directory.reviews import writing
from portal.directory.reviews.own import State, own_review, own_reviews
from portal.directory.reviews.studios import Reviewed, studio_to_review
from portal.directory.reviews.text import Words
from portal.directory.reviews.throttles import charge_review
from portal.directory.users.identity import require_user
from portal.directory.users.prepared import require_moderation_prepared, require_writable
from portal.directory.views.site import blueprint

SAID = {
    State.WAITING: "Your review is saved. This site’s staff read it before it is on the page.",
    State.EDIT_WAITING: (
        "Your change is saved. Until this site’s staff have read it, the page shows your review as"
        " it was."
    ),
    State.SHOWN: "Saved. Your review is on the studio’s page.",
}


@blueprint.get("/studios/<slug>/review")
def show_review(slug: str) -> str | Response | tuple[str, int]:
    require_moderation_prepared()
    user_id = require_user().id
    studio = studio_to_review(slug)
    if studio.slug != slug:
        return redirect(url_for(".show_review", slug=studio.slug))
    try:
        writing.require_author(user_id, studio)
    except Forbidden as error:
        return render_template("site/review_refused.html", studio=studio, error=error), error.status
    return _review_page(user_id, studio)


def _review_page(user_id: int, studio: Reviewed, preview: Words | None = None) -> str:
    """The form holds what was sent, else the words that the person wrote last. Its version is that
    of the words that are stored now, which the page shows where they differ."""
    mine = own_review(user_id, studio.number)
    known = ReviewForm.values_of(mine.words) if mine else {}
    make = partial(ReviewForm, data=known)
    form = form_at(make, url_for(".create_review", slug=studio.slug))
    form.version.data, form.preview.data = mine.seen if mine else "", ""
    return render_template("site/review.html", studio=studio, form=form, mine=mine, preview=preview)


@blueprint.post("/studios/<slug>/review")
def create_review(slug: str) -> Response | str:
    require_moderation_prepared()
    form = ReviewForm()
    form.sent()
    user_id = require_user().id
    form.require()
    if form.preview.data:
        return _review_page(user_id, studio_to_review(slug), form.words)
    require_writable()
    charge_review(user_id)
    state = writing.submit_review(user_id, slug, form.words, seen=form.version.data or "")
    flash(SAID[state], "done")
    return redirect(url_for(".list_reviews"), 303)


@blueprint.get("/me/reviews")
def list_reviews() -> str:
    require_moderation_prepared()
    page = own_reviews(require_user().id, number=page_number())
    return render_template(
        "site/reviews.html", page=page, page_address=lambda n: url_for(".list_reviews", page=n)
    )


@blueprint.post("/me/reviews/<int:number>/delete")
def delete_review(number: int) -> Response:
    require_moderation_prepared()
    user_id = require_user().id
    require_pressed()
    studio = writing.delete_review(user_id, number)
    flash(f"Your review of {studio} is deleted.", "done")
    return redirect(url_for(".list_reviews"), 303)


@blueprint.post("/me/reviews/kept/<uuid:record_id>/delete")
def delete_review_record(record_id: UUID) -> Response:
    require_moderation_prepared()
    user_id = require_user().id
    require_pressed()
    studio = writing.delete_record(user_id, str(record_id))
    flash(f"Your review of {studio} is deleted.", "done")
    return redirect(url_for(".list_reviews"), 303)


def page_number() -> int:
    asked = request.args.get("page", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
