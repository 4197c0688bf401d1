"""Reviews of one's own studio, and the one answer to each."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.core.forms import form_at
from portal.directory.forms.reviews import ReviewAnswerForm
from portal.directory.reviews import answers
from portal.directory.reviews.throttles import charge_review_answer
from portal.directory.users.identity import require_user
from portal.directory.users.prepared import require_moderation_prepared, require_writable
from portal.directory.views.site import blueprint
from portal.directory.views.visiting.reviews import page_number


@blueprint.get("/me/studio/reviews")
def list_studio_reviews() -> str:
    require_moderation_prepared()
    page = answers.reviews_of_studio(require_user().id, number=page_number())
    return render_template(
        "site/studio_reviews.html",
        page=page,
        page_address=lambda n: url_for(".list_studio_reviews", page=n),
    )


@blueprint.get("/me/studio/reviews/<int:number>")
def show_studio_review(number: int) -> str:
    require_moderation_prepared()
    review = answers.review_of_studio(require_user().id, number)
    form = None
    if review.answer is None:
        form = form_at(ReviewAnswerForm, url_for(".create_answer", number=number))
    return render_template("site/studio_review.html", review=review, form=form)


@blueprint.post("/me/studio/reviews/<int:number>/answer")
def create_answer(number: int) -> Response:
    require_moderation_prepared()
    form = ReviewAnswerForm()
    form.sent()
    user_id = require_user().id
    answers.review_of_studio(user_id, number)
    form.require()
    require_writable()
    charge_review_answer(user_id)
    answers.answer_review(user_id, number, body=form.body.data)
    flash("Your answer is on the page of your studio, below the review.", "done")
    return redirect(url_for(".show_studio_review", number=number), 303)
