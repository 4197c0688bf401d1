"""/ops/databases/<target>/adoption: what is there and whose it is, then adopting it."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.errors import PortalError
from portal.core.forms import form_at
from portal.core.storage.database import db
from portal.databases.forms import AdoptionForm
from portal.databases.policies.target_leases import watch
from portal.databases.status.overview import overview_of
from portal.databases.targets.adoption import (
    phrase_for,
    require_adoptable,
    require_phrase,
    what_stands,
)
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import Judgement
from portal.databases.views import blueprint
from portal.jobs.operations.queries import recent_operation
from portal.jobs.operations.service import request_operation


@blueprint.get("/databases/<path:target>/adoption")
@staff
def show_adoption(target: str) -> str:
    chosen = target_named(target)
    overview = overview_of(chosen)
    judgement = overview.judgement
    if judgement.is_anothers:
        watch(chosen)
    return render_template(
        "databases/adoption.html",
        overview=overview,
        said=what_stands(chosen, judgement, quickly=True),
        why_not=_why_not(chosen, judgement),
        phrase=phrase_for(chosen, judgement),
        operation=recent_operation("databases.adopt", chosen.name),
        form=form_at(AdoptionForm, url_for(".create_adoption", target=target)),
        is_admin=the_account().is_admin,
    )


@blueprint.post("/databases/<path:target>/adoptions")
def create_adoption(target: str) -> Response:
    """The worker stamps it: a web process may not change a schema."""
    chosen, form = target_named(target), AdoptionForm()
    overview = overview_of(chosen)
    require_adoptable(chosen, overview.judgement)
    form.require()
    typed, reason = form.text.data or "", form.reason.data or ""
    require_phrase(chosen, overview.judgement, typed, reason)
    arguments = {"text": typed, "reason": reason}
    request_operation("databases.adopt", by=the_account(), target=chosen.name, arguments=arguments)
    db.session.commit()
    return redirect(url_for(".show_adoption", target=target), 303)


def _why_not(target: Target, judgement: Judgement) -> str | None:
    try:
        require_adoptable(target, judgement)
    except PortalError as error:
        return str(error)
    return None
