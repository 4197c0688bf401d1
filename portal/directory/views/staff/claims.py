"""Claims to imported studios: what waits, what is known, and the decision."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.core.forms import form_at, require_pressed
from portal.directory.claims.deciding import grant_claim, refuse_claim, undo_claim
from portal.directory.claims.models import ClaimState
from portal.directory.claims.queries import (
    ALL,
    WORDS,
    claim_for_staff,
    count_open,
    list_claims,
)
from portal.directory.forms.staff.claims import ReasonForm
from portal.directory.views.staff import blueprint, by_staff

STATES = {each.value: each for each in ClaimState}


@blueprint.get("/claims", endpoint="list_claims")
def show_list() -> str:
    wanted = request.args.get("state") or ClaimState.WAITING.value
    state = STATES.get(wanted)
    shown = state.value if state else ALL
    counts = count_open()
    return render_template(
        "staff/claims.html",
        lines=list_claims(state, number=request.args.get("page", 1, type=int)),
        tabs=[
            *((WORDS[each], _at(each.value), counts.get(each, 0)) for each in WORDS),
            ("All", _at(ALL)),
        ],
        current=WORDS[state] if state else "All",
        words=WORDS,
        page_address=lambda number: _at(shown, number),
    )


def _at(state: str, number: int | None = None) -> str:
    return url_for(".list_claims", state=state, page=number)


@blueprint.get("/claims/<claim_id>")
def show_claim(claim_id: str) -> str:
    known = claim_for_staff(claim_id)
    name = ".create_refusal" if known.is_open else ".create_claim_undo"
    is_asked = known.is_open or known.can_be_undone
    form = form_at(ReasonForm, url_for(name, claim_id=claim_id)) if is_asked else None
    return render_template("staff/claim.html", known=known, words=WORDS, form=form)


@blueprint.post("/claims/<claim_id>/grant")
def create_grant(claim_id: str) -> Response:
    require_pressed()
    grant_claim(claim_id, by=by_staff())
    return _done(claim_id, "The claim is granted: the studio is theirs now.")


@blueprint.post("/claims/<claim_id>/refuse")
def create_refusal(claim_id: str) -> Response:
    form = ReasonForm()
    form.require()
    refuse_claim(claim_id, form.reason.data, by=by_staff())
    return _done(claim_id, "The claim is refused. The person gets an email with the reason.")


@blueprint.post("/claims/<claim_id>/undo")
def create_claim_undo(claim_id: str) -> Response:
    form = ReasonForm()
    form.require()
    undo_claim(claim_id, form.reason.data, by=by_staff())
    return _done(claim_id, "The claim is taken back. The studio waits for its owner again.")


def _done(claim_id: str, sentence: str) -> Response:
    flash(sentence, "done")
    return redirect(url_for(".show_claim", claim_id=claim_id), 303)
