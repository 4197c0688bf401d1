"""The reports that clients could read by default before: share them, or leave them with staff."""

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.audit.refusals import record_refusal
from portal.core.errors import Conflict, Invalid, PortalError, Refused
from portal.core.forms import ButtonForm, commit_and_redirect
from portal.incidents.forms import UnsharedForm
from portal.incidents.sharing.reach import counted
from portal.incidents.sharing.unshared import candidates, choice_of, leave_with_staff, share_chosen
from portal.incidents.views import blueprint

Page = Response | str | tuple[str, int]


@blueprint.get("/ops/incidents/unshared")
@staff
def list_unshared() -> str:
    return _list()


@blueprint.post("/ops/incidents/unshared")
@staff
def create_shares() -> Page:
    """The first request shows the chosen reports for review; the second confirms them."""
    by, form = the_account(), UnsharedForm()
    slugs = form.report.data or []
    try:
        if not form.sent():
            raise Invalid("Choose the reports to share.")
        if not form.seen.data:
            return _confirmation(slugs)
        count = share_chosen(slugs, seen=form.seen.data, by=by)
    except (Invalid, Conflict, Refused) as error:
        record_refusal(error, by=by)
        status = 422 if isinstance(error, Invalid) else error.status
        return _list(slugs, error=error), status
    return commit_and_redirect(
        url_for(".list_unshared"),
        f"{counted(count, 'report is', 'reports are')} shared with clients.",
    )


@blueprint.post("/ops/incidents/unshared/end")
@staff
def end_unshared() -> Page:
    if not ButtonForm().sent():
        raise Conflict("The button was not understood, so nothing was decided.")
    count = leave_with_staff(by=the_account())
    return commit_and_redirect(
        url_for(".list_incidents"), f"{counted(count, 'report stays', 'reports stay')} with staff."
    )


def _confirmation(slugs: list[str]) -> str:
    choice = choice_of(slugs)
    return render_template("incidents/unshared_confirmation.html", choice=choice)


def _list(chosen: list[str] | None = None, *, error: PortalError | None = None) -> str:
    return render_template(
        "incidents/unshared.html",
        page=candidates(request.args.get("page", 1, type=int)),
        page_address=lambda number: url_for(".list_unshared", page=number),
        chosen=chosen or [],
        error=error,
    )
