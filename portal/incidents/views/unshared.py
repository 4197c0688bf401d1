"""The reports that clients could read by default before: share them, or leave them with staff."""

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.forms import commit_and_redirect, form_at, require_pressed
from portal.incidents.forms import UnsharedForm
from portal.incidents.sharing.reach import counted
from portal.incidents.sharing.unshared import candidates, choice_of, leave_with_staff, share_chosen
from portal.incidents.views import blueprint

Page = Response | str


@blueprint.get("/ops/incidents/unshared")
@staff
def list_unshared() -> str:
    page = candidates(request.args.get("page", 1, type=int))
    form = form_at(UnsharedForm, url_for(".create_shares"))
    return render_template(
        "incidents/unshared.html",
        page=page,
        page_address=lambda number: url_for(".list_unshared", page=number),
        form=form,
    )


@blueprint.post("/ops/incidents/unshared")
@staff
def create_shares() -> Page:
    """The first request shows the chosen reports for review; the second confirms them."""
    form = UnsharedForm()
    form.require()
    slugs = form.report.data or []
    if not form.seen.data:
        return _confirmation(slugs)
    count = share_chosen(slugs, seen=form.seen.data, by=the_account())
    return commit_and_redirect(
        url_for(".list_unshared"),
        f"{counted(count, 'report is', 'reports are')} shared with clients.",
    )


@blueprint.post("/ops/incidents/unshared/end")
@staff
def end_unshared() -> Response:
    require_pressed()
    count = leave_with_staff(by=the_account())
    return commit_and_redirect(
        url_for(".list_incidents"), f"{counted(count, 'report stays', 'reports stay')} with staff."
    )


def _confirmation(slugs: list[str]) -> str:
    choice = choice_of(slugs)
    return render_template("incidents/unshared_confirmation.html", choice=choice)
