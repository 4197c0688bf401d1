"""A live incident as a client sees it, or staff who preview it as one."""

from flask import render_template
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import clients
from portal.core.errors import NotFound
from portal.incidents.client_area.area import Visitor
from portal.incidents.client_area.visits import is_new, last_visit, live_key, live_text
from portal.incidents.live.queries import live_view
from portal.incidents.models import Way
from portal.incidents.report import Report
from portal.incidents.reports import view_for
from portal.incidents.views import blueprint
from portal.incidents.views.client_area import note, preview_values, show_letter, the_visitor


@blueprint.get("/client/incidents/live/<slug>")
@clients
def show_live_letter(slug: str) -> Response | str:
    """A report in a folder of this name has the same address."""
    who = the_visitor()
    try:
        view = live_view(slug, who.reader)
    except NotFound:
        return show_letter(f"live/{slug}")
    visit = None if who.previews else last_visit(live_key(slug), who.account)
    new = {each.number for each in view.updates if is_new(each, visit)}
    page = render_template(
        "incidents/live/letter.html",
        view=view,
        visit=visit,
        new=new,
        report=_report_beside(view.incident.report_slug, who),
        **preview_values(who),
    )
    note(live_text(view), who, Way.PAGE)
    return page


def _report_beside(slug: str | None, who: Visitor) -> Report | None:
    """The report of this incident, if this reader may read it as well."""
    try:
        return view_for(slug, who.reader).report if slug else None
    except NotFound:
        return None
