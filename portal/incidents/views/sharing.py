"""Sharing a report with clients: its readers, a confirmation, and ending the share."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.errors import Conflict, PortalError
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.incidents.forms import SharingForm
from portal.incidents.presentation.head import head_of_report
from portal.incidents.sharing.reach import counted
from portal.incidents.sharing.share import Proposal, Sharing, proposal_of, share_report, sharing_of
from portal.incidents.sharing.shares import end_share
from portal.incidents.views import blueprint

blueprint.add_app_template_filter(counted, "counted")


@blueprint.get("/ops/incidents/<path:slug>/sharing")
@staff
def show_sharing(slug: str) -> str:
    sharing = sharing_of(slug)
    proposal, obstacle = _proposal(sharing)
    form = SharingForm(formdata=None, seen=proposal.key if proposal else "")
    return render_template(
        "incidents/sharing.html",
        sharing=sharing,
        head=head_of_report(slug, sharing.file),
        proposal=proposal,
        obstacle=obstacle,
        form=form,
    )


@blueprint.post("/ops/incidents/<path:slug>/sharing")
@staff
def create_share(slug: str) -> Response:
    form = SharingForm()
    form.require()
    share_report(slug, seen=form.seen.data or "", by=the_account())
    db.session.commit()
    reach = sharing_of(slug).reach
    flash(f"Shared: {reach.words if reach else 'no client'} can read this version.", "done")
    return redirect(url_for(".show_incident", slug=slug), 303)


@blueprint.post("/ops/incidents/<path:slug>/sharing/end")
@staff
def end_sharing(slug: str) -> Response:
    """Does nothing if the report is not shared any more."""
    require_pressed()
    sharing = sharing_of(slug)
    end_share(slug, by=the_account())
    db.session.commit()
    flash("Taken back: the share ended.", "done")
    if sharing.file is None:
        return redirect(url_for(".list_incidents"), 303)
    return redirect(url_for(".show_incident", slug=slug), 303)


def _proposal(sharing: Sharing) -> tuple[Proposal | None, PortalError | None]:
    if sharing.file is None:
        return None, None
    try:
        return proposal_of(sharing.slug), None
    except Conflict as error:
        return None, error
