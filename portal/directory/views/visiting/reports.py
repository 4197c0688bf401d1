"""Reports of problems with a studio, a review or a picture."""

from typing import Any

from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.core.forms import form_at
from portal.directory.forms.reports import ReportForm
from portal.directory.reports.service import number_of_review, send_report
from portal.directory.reports.subjects import Reported, reported_studio
from portal.directory.reports.throttles import charge_report
from portal.directory.users.identity import current_user
from portal.directory.users.prepared import require_moderation_prepared, require_writable
from portal.directory.views.site import blueprint

REPORTED = "reported"
"""The key in a visitor's session of the studio that was reported last, and the address given."""


@blueprint.get("/studios/<slug>/report")
def show_report(slug: str) -> str | Response:
    require_moderation_prepared()
    asked = _asked()
    studio = reported_studio(slug, number_of_review(asked))
    if studio.slug != slug:
        kept: dict[str, Any] = {
            name: request.args.get(name) for name in ("review", "picture", "sent")
        }
        return redirect(url_for(".show_report", slug=studio.slug, **kept))
    sent = session.get(REPORTED)
    if "sent" in request.args and isinstance(sent, list) and sent[0] == studio.number:
        return render_template("site/report_sent.html", studio=studio, email=sent[1])
    form = _form(studio, asked)
    return render_template("site/report.html", studio=studio, form=form)


def _asked() -> str:
    """What the link was about: `?review=5` or `?picture=12`."""
    for kind in ("review", "picture"):
        if number := request.args.get(kind):
            return f"{kind}-{number}"
    return "studio"


def _form(studio: Reported, asked: str) -> ReportForm:
    form = form_at(ReportForm, url_for(".create_report", slug=studio.slug))
    form.offer(studio)
    if not form.is_sent and studio.subject(asked):
        form.about.data = asked
    return form


@blueprint.post("/studios/<slug>/report")
def create_report(slug: str) -> Response:
    require_moderation_prepared()
    form = ReportForm()
    form.require()
    studio = reported_studio(slug)
    require_writable()
    user = current_user()
    user_id = user.id if user else None
    charge_report(request.remote_addr, studio.number)
    if not form.is_of_a_robot:
        studio = send_report(slug, form.about.data, form.words, user_id=user_id)
    session[REPORTED] = [studio.number, form.email.data]
    return redirect(url_for(".show_report", slug=studio.slug, sent="yes"), 303)
