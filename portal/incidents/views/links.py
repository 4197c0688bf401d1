"""/client/links/<token>: one report for one contact, without a login.

Every GET counts as an opening, a mail scanner's too: nobody can tell them apart honestly. HEAD
counts for nothing, and neither does an opening on a device where somebody of the staff is logged
in, or was: it would stand there as the client's.
"""

from flask import Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts.login.callers import is_device_of_staff
from portal.accounts.login.identity import current_account
from portal.incidents.client_area.links import link_for_token, pay_for_opening
from portal.incidents.client_area.readings import note_reading
from portal.incidents.models import PrivateLink, Way
from portal.incidents.pdf import report_pdf
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.views import blueprint
from portal.incidents.views.client_report import letter_context, pdf_answer


@blueprint.get("/client/links/<token>")
def show_link(token: str) -> str:
    link, view = _opened(token)
    context = letter_context(view, zone=link.contact.time_zone)
    page = render_template(
        "incidents/link.html", token=token, link=link, account=None, previews=_previews(), **context
    )
    _note(view.report, link, Way.LINK)
    return page


@blueprint.get("/client/links/<token>.pdf")
def show_link_pdf(token: str) -> AnyResponse:
    link, view = _opened(token)
    answer = pdf_answer(view.report, report_pdf(view, zone=link.contact.time_zone))
    _note(view.report, link, Way.PDF)
    return answer


@blueprint.after_app_request
def tell_nobody(response: Response) -> Response:
    """The address is the key, whatever is behind it: no page and no search engine hears it."""
    if request.path.startswith("/client/links/"):
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _opened(token: str) -> tuple[PrivateLink, ReportView]:
    """Raises TooMany, or NotFound in the same words for every link that opens nothing.

    HEAD pays as well: its answer tells whether there is such a link.
    """
    pay_for_opening(request.remote_addr)
    return link_for_token(token)


def _note(report: Report, link: PrivateLink, way: Way) -> None:
    if request.method == "GET" and not _previews():
        note_reading(report, way=way, link=link)


def _previews() -> bool:
    """Of whoever is not logged in, the device says whose it is: a login ends, the person stays."""
    account = current_account()
    return account.is_staff if account else is_device_of_staff()
