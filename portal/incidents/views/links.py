"""/client/links/<token>: one report for one contact, without a login.

Every GET counts as an opening, even by a mail scanner, since they can't be distinguished. HEAD does
not count, and neither does an opening on a device where somebody of the staff is or was logged in:
it would be recorded as the client's.
"""

from flask import Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts.login.callers import is_device_of_staff
from portal.accounts.login.identity import current_account
from portal.incidents.client_area.links import count_opening, link_for_token
from portal.incidents.client_area.readings import note_reading
from portal.incidents.client_area.visits import last_opening
from portal.incidents.models import PrivateLink, Way
from portal.incidents.pdf import report_pdf
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.views import blueprint
from portal.incidents.views.client_report import letter_context, pdf_answer


@blueprint.get("/client/links/<token>")
def show_link(token: str) -> str:
    link, view = _opened(token)
    visit = None if _previews() else last_opening(link)
    context = letter_context(view, visit, zone=link.contact.time_zone)
    page = render_template(
        "incidents/link.html", token=token, link=link, account=None, previews=_previews(), **context
    )
    _note(view.report, link, Way.LINK)
    return page


@blueprint.get("/client/links/<token>.pdf")
def show_link_pdf(token: str) -> AnyResponse:
    link, view = _opened(token)
    answer = pdf_answer(view.report, _pdf_of(view, link))
    _note(view.report, link, Way.PDF)
    return answer


def _pdf_of(view: ReportView, link: PrivateLink) -> bytes:
    contact = link.contact
    return report_pdf(view, zone=contact.time_zone, addressee=contact.organisation.name)


@blueprint.after_app_request
def forbid_referrer_and_indexing(response: Response) -> Response:
    """Sets headers against referrers and indexing: the address contains the key."""
    if request.path.startswith("/client/links/"):
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _opened(token: str) -> tuple[PrivateLink, ReportView]:
    """Raises TooMany, or NotFound with the same sentence for every invalid link.

    HEAD counts towards the limit as well: its response shows whether the link exists.
    """
    count_opening(request.remote_addr)
    return link_for_token(token)


def _note(report: Report, link: PrivateLink, way: Way) -> None:
    if request.method == "GET" and not _previews():
        note_reading(report, way=way, link=link)


def _previews() -> bool:
    """Whether staff use this device; it remembers them after their login has ended."""
    account = current_account()
    return account.is_staff if account else is_device_of_staff()
