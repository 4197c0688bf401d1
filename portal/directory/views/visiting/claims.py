"""A person claims an imported studio; its mailbox answers by the link that it got."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.core.errors import Conflict, NotFound
from portal.core.forms import form_at, require_pressed
from portal.core.storage.database import db
from portal.directory.claims.asking import ask_claim, why_not, withdraw_claim
from portal.directory.claims.deciding import confirm_claim, deny_claim, open_link
from portal.directory.claims.obstacles import name_of_studio
from portal.directory.claims.offers import offer_of
from portal.directory.claims.standing import own_claim
from portal.directory.folding import one_line
from portal.directory.forms.claims import ClaimAnswerForm, ClaimForm
from portal.directory.models import User
from portal.directory.presentation import UNNAMED
from portal.directory.users.identity import require_user
from portal.directory.users.prepared import require_moderation_prepared
from portal.directory.views.site import blueprint, link_ended

Page = Response | str | tuple[str, int]


@blueprint.get("/studios/<slug>/claim")
def show_claim(slug: str) -> Page:
    require_moderation_prepared()
    user, offer = require_user(), offer_of(slug)
    if offer.slug != slug:
        return redirect(url_for(".show_claim", slug=offer.slug))
    claim = own_claim(user.id, studio_number=offer.number)
    is_open = claim is not None and claim.is_open
    obstacle = None if is_open else why_not(user, offer)
    is_asked = not (is_open or obstacle)
    return render_template(
        "site/claim.html",
        offer=offer,
        claim=claim,
        why_not=obstacle,
        draft=one_line(user.studio.name) or UNNAMED if user.studio else None,
        form=form_at(ClaimForm, url_for(".create_claim", slug=slug)) if is_asked else None,
    )


@blueprint.post("/studios/<slug>/claim")
def create_claim(slug: str) -> Response:
    form, user_id = ClaimForm(), require_user().id
    form.require()
    ask_claim(user_id, slug, message=form.message.data or "", address=request.remote_addr)
    flash("Your claim was sent. What comes next is below.", "done")
    return redirect(url_for(".show_claim", slug=slug), 303)


@blueprint.post("/me/claims/<claim_id>/withdraw")
def delete_claim(claim_id: str) -> Response:
    require_moderation_prepared()
    user_id = require_user().id
    require_pressed()
    withdraw_claim(user_id, claim_id)
    flash("Your claim is withdrawn. Nothing was handed over.", "done")
    return redirect(url_for(".show_account"), 303)


@blueprint.get("/claim/<code>")
def show_claim_confirmation(code: str) -> Page:
    """Without a login: who reads the studio's mail need not have an account."""
    require_moderation_prepared()
    try:
        claim = open_link(code)
    except (NotFound, Conflict) as error:
        return link_ended(error)
    return render_template(
        "site/claim_confirm.html",
        person=one_line(db.session.get_one(User, claim.user_id).display_name) or "Somebody",
        studio=name_of_studio(claim.studio_number),
        until=claim.expires_at,
        code=code,
        form=form_at(ClaimAnswerForm, url_for(".create_claim_confirmation", code=code)),
    )


def denied(code: str) -> str:
    deny_claim(code)
    return "denied"


@blueprint.post("/claim/<code>")
def create_claim_confirmation(code: str) -> Page:
    require_moderation_prepared()
    form = ClaimAnswerForm()
    form.require()
    try:
        outcome = confirm_claim(code).value if form.is_yes else denied(code)
    except (NotFound, Conflict) as error:
        db.session.rollback()
        return link_ended(error)
    return render_template("site/claim_answered.html", outcome=outcome)
