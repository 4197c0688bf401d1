"""Error pages: what happened, what was not changed, what to do; in the layout of their part."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from portal.accounts.login.confirm_password import typed_fields
from portal.accounts.login.cookies import realm_of
from portal.accounts.login.redirects import safe_path
from portal.accounts.models import Realm
from portal.accounts.setup import account_context
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, StaffFault, Unavailable
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place
from portal.core.storage.database import begin_request, db
from portal.serving.environ import TOO_LARGE as UNREAD
from portal.serving.limits import LARGER_BODIES
from portal.web.headers import is_behind_a_login, is_below
from portal.web.navigation.places import HELP, part_of


@dataclass(frozen=True)
class Home:
    label: str
    href: str


@dataclass(frozen=True)
class ErrorText:
    """The texts of an error page."""

    heading: str
    sentence: str
    remedy: str | None = None


CLIENT_AREA = Home("To your summaries", "/client")
CONTROL_ROOM = Home("To the control room", "/ops")
ACCOUNT = Home("To your account", "/me")
STUDIOS = Home("Search studios", "/studios")
GUIDES = Home("Read the guides", HELP.href)
TOO_LARGE = 413
STATUS_PAGE = "status.show_status"
FORM_PAGES = "portal.form_pages"
"""The key of the page above each route that takes a form, by the route's endpoint."""
WORDS = {
    400: ErrorText(
        "Check your answers", "The request is incomplete or malformed. Nothing was changed."
    ),
    403: ErrorText("Not for this account", "This account may not do that. Nothing was changed."),
    404: ErrorText(
        "Nothing here",
        "There is no page at this address.",
        "It may have moved, or the link may be mistyped.",
    ),
    405: ErrorText(
        "Not that way",
        "This address can’t be used like that. Nothing was changed.",
        "Go back and use the button on the page.",
    ),
    TOO_LARGE: ErrorText(
        "Too large", "What was sent is larger than this page accepts. Nothing was changed."
    ),
    500: ErrorText(
        "Something went wrong",
        "The page could not be made, and what was begun has been undone.",
        "Try again in a minute. The fault has been written down.",
    ),
}


FOR_CLIENTS = ErrorText(
    Unavailable.heading,
    "The summaries can’t be shown at the moment. Nothing was lost.",
    "Try again in a few minutes.",
)
"""Where a database or a disk is for staff to see to: its address is nothing for clients."""


def init_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, show_http_error)


def refuse_too_large() -> None:
    """Refuse a request whose body the server did not read, as it is larger than its page
    accepts."""
    if request.method == "POST" and (larger := current_app.config[LARGER_BODIES].get(request.path)):
        request.max_content_length = larger
    if request.environ.get(UNREAD):
        begin_request("GET")  # the error page writes nothing
        raise RequestEntityTooLarge


def show_portal_error(error: PortalError) -> Response:
    """One sentence and the remedy. Rolls back what the request began."""
    db.session.rollback()
    if is_below("/client", request.path) and isinstance(error, StaffFault):
        return _page(error.status, FOR_CLIENTS)
    is_typed = request.method == "POST"  # then the page has what was typed
    if isinstance(error, Unavailable) and not is_typed and not _is_in_the_room():
        return maintenance_page(None if isinstance(error, StaffFault) else error.sentence)
    return _page(error.status, ErrorText(error.heading, error.sentence, error.remedy))


def show_http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    if isinstance(error, InternalServerError):
        db.session.rollback()
        if fault := _fault_behind(error):
            return show_portal_error(fault)
    code = error.code or 500
    words = WORDS.get(code) or ErrorText(error.name, error.description or "Nothing was changed.")
    response = _page(code, words)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _fault_behind(error: InternalServerError) -> PortalError | None:
    """Of a database or a disk, found when the page was already made: what follows it failed."""
    original, config = error.original_exception, settings()
    return alarm_about(original, config, about=ops_place(config)) if original else None


def maintenance_page(sentence: str | None = None) -> Response:
    """503 in the directory's layout; the page reloads automatically."""
    page = render_template("maintenance.html", sentence=sentence, status_page=_status_page())
    response = make_response(page, 503)
    response.headers["Retry-After"] = "10"
    response.headers["Cache-Control"] = "no-store"
    return response


def _status_page() -> str | None:
    """None in an application without one. It answers from ops, whatever happened to the rest."""
    return url_for(STATUS_PAGE) if STATUS_PAGE in current_app.view_functions else None


def _page(status: int, words: ErrorText) -> Response:
    begin_request("GET")  # it writes nothing, so it takes no lock while it is rendered
    layout, home = _part()
    ways = _ways_on(home)
    page = render_template(
        "error.html",
        layout=layout,
        home=home,
        ways=[way for way in ways if way is not GUIDES],
        guides=GUIDES if GUIDES in ways else None,
        words=words,
        form_page=_form_page(status),
        has_number=status not in {404, 410},  # nothing is logged of an address that there is not
        typed=typed_fields() if g.get("is_from_own_site") and status != TOO_LARGE else [],
    )
    return make_response(page, status)


def _ways_on(home: Home) -> list[Home]:
    """Besides the home page: on the site the account's page or the search, for what is below it; in
    the control room the list that an address is below, if this reader may open it; the guides below
    none."""
    if is_below(ACCOUNT.href, request.path) and request.path != ACCOUNT.href:
        return [ACCOUNT]
    if is_below(STUDIOS.href, request.path) and request.path != STUDIOS.href:
        return [STUDIOS]
    if home is not CONTROL_ROOM or not (account := account_context()["account"]):
        return []
    part = part_of(request.path)
    is_open = part and (account["is_admin"] or not part.admin_only)
    if part is None or not is_open or part.href == request.path:
        return [GUIDES]
    return [Home(f"To {part.label.lower()}", part.href)]


def _form_page(status: int) -> str | None:
    """The page of this site whose form was sent: the one that the browser names, else the nearest
    one above, unless there is nothing at this address."""
    if request.method != "POST":
        return None
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        parts = urlsplit("")
    own = safe_path(parts.path + (f"?{parts.query}" if parts.query else ""))
    if parts.netloc == request.host and own:
        return own
    page = current_app.extensions.get(FORM_PAGES, {}).get(request.endpoint)
    if page is None or status == HTTPStatus.NOT_FOUND:
        return None
    values = request.view_args or {}
    return url_for(page.endpoint, **{name: values[name] for name in page.arguments})


def _is_in_the_room() -> bool:
    """Whether this address is behind the login of the control room, not of the site."""
    path = request.path
    return is_behind_a_login(path) and realm_of(path) is Realm.STAFF


def _part() -> tuple[str, Home]:
    """The layout of the requested part of the site, and its home page: for a client, the client
    area's."""
    if is_below("/client", request.path):
        return "client.html", CLIENT_AREA
    if _is_in_the_room():
        layout = account_context()["own_layout"]
        return layout, CONTROL_ROOM if layout == "control.html" else CLIENT_AREA
    return "public.html", Home("To the start page", "/")
