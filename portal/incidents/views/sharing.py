"""Sharing a report with clients: its readers, a confirmation, and ending the share."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.audit.refusals import record_refusal
from portal.core.errors import Conflict, PortalError, Refused
from portal.core.forms import ButtonForm
from portal.core.storage.database import db
from portal.incidents.forms import SharingForm
from portal.incidents.sharing.reach import counted
from portal.incidents.sharing.share import Proposal, Sharing, proposal_of, share_report, sharing_of
from portal.incidents.sharing.shares import end_share
from portal.incidents.views import blueprint

Page = Response | str | tuple[str, int]


blueprint.add_app_template_filter(counted, "counted")


@blueprint.get("/ops/incidents/<path:slug>/sharing")
@staff
def show_sharing(slug: str) -> str:
    return _page(slug)


@blueprint.post("/ops/incidents/<path:slug>/sharing")
@staff
def create_share(slug: str) -> Page:
    by, form = the_account(), SharingForm()
    try:
        if not form.sent():
            raise Conflict("Look at the report and its readers first.")
        share_report(slug, seen=form.seen.data or "", by=by)
    except (Conflict, Refused) as error:
        record_refusal(error, by=by)
        return _page(slug, error=error), error.status
    db.session.commit()
    reach = sharing_of(slug).reach
    flash(f"Shared: {reach.words if reach else 'no client'} can read this version.", "done")
    return redirect(url_for(".show_incident", slug=slug), 303)


@blueprint.post("/ops/incidents/<path:slug>/sharing/end")
@staff
def end_sharing(slug: str) -> Page:
    """Does nothing if the report is not shared any more."""
    sharing, form = sharing_of(slug), ButtonForm()
    if not form.sent():
        raise Conflict("The button was not understood, so nothing was taken back.")
    end_share(slug, by=the_account())
    db.session.commit()
    flash("Taken back: the share ended.", "done")
    if sharing.file is None:
        return redirect(url_for(".list_incidents"), 303)
    return redirect(url_for(".show_incident", slug=slug), 303)


def _page(slug: str, *, error: PortalError | None = None) -> str:
    """Shows why, if a click can't share the report."""
    sharing = sharing_of(slug)
    proposal, obstacle = _proposal(sharing)
    form = SharingForm(formdata=None, seen=proposal.key if proposal else "")
    return render_template(
        "incidents/sharing.html",
        sharing=sharing,
        proposal=proposal,
        obstacle=obstacle,
        form=form,
        error=error,
    )


def _proposal(sharing: Sharing) -> tuple[Proposal | None, PortalError | None]:
    if sharing.file is None:
        return None, None
    try:
        return proposal_of(sharing.slug), None
    except Conflict as error:
        return None, error
