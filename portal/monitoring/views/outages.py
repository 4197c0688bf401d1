"""Outages: what is down, why, who has acknowledged it. A GET changes nothing: programs that check
mail follow links."""

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.errors import Invalid, NotFound
from portal.core.forms import commit_and_redirect, require_pressed
from portal.core.paging import page_of_rows
from portal.core.storage.database import db
from portal.monitoring.outages.queries import (
    notices_of,
    outage_by_id,
    outages_newest_first,
    shown,
)
from portal.monitoring.outages.service import acknowledge
from portal.monitoring.views import blueprint
from portal.runbooks.format.library import runbook_named
from portal.runbooks.format.parse import Runbook

SIZE = 30
RUNBOOK = "site-is-down"


@blueprint.get("/ops/outages")
@staff
def list_outages() -> str:
    number = request.args.get("page", 1, type=int)
    page = page_of_rows(db.session(), outages_newest_first(), number=number, size=SIZE)
    return render_template(
        "outages/list.html",
        page=page,
        outages=shown(list(page.items)),
        page_address=lambda each: url_for(".list_outages", page=each),
    )


@blueprint.get("/ops/outages/<int:outage_id>")
@staff
def show_outage(outage_id: int) -> str:
    found = outage_by_id(outage_id)
    return render_template(
        "outages/show.html",
        shown=found,
        notices=notices_of(found.outage),
        runbook=_runbook() if found.is_about_site else None,
    )


def _runbook() -> Runbook | None:
    try:
        return runbook_named(RUNBOOK)
    except (NotFound, Invalid):
        return None


@blueprint.post("/ops/outages/<int:outage_id>/acknowledgement")
@staff
def create_acknowledgement(outage_id: int) -> Response:
    require_pressed()
    acknowledge(outage_by_id(outage_id).outage, by=the_account())
    address = url_for(".show_outage", outage_id=outage_id)
    return commit_and_redirect(address, "You have acknowledged it: no more notices are sent.")
