"""Error pages: what happened, what was not changed, what to do; in the layout of their part."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError

from portal.accounts.login.redirects import safe_path
from portal.core.errors import PortalError, Unavailable
from portal.core.storage.database import begin_request, db
from portal.web.headers import is_behind_a_login, is_below


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


WORDS = {
    400: ErrorText(
        "Check your answers",
        "The request is incomplete or malformed. Nothing was changed.",
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
    413: ErrorText(
        "Too large", "What was sent is larger than this page accepts. Nothing was changed."
    ),
    500: ErrorText(
        "Something went wrong",
        "The page could not be made, and what was begun has been undone.",
        "Try again in a minute. The fault has been written down.",
    ),
}


def init_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, show_http_error)


def show_portal_error(error: PortalError) -> Response:
    """One sentence and the remedy. Rolls back what the request began."""
    db.session.rollback()
    if isinstance(error, Unavailable) and not is_behind_a_login(request.path):
        return maintenance_page(error.sentence)
    return _page(error.status, ErrorText(error.heading, error.sentence, error.remedy))


def show_http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    if isinstance(error, InternalServerError):
        db.session.rollback()
    code = error.code or 500
    words = WORDS.get(code) or ErrorText(error.name, error.description or "Nothing was changed.")
    response = _page(code, words)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def maintenance_page(sentence: str | None = None) -> Response:
    """503 in the directory's layout; the page reloads automatically."""
    response = make_response(render_template("maintenance.html", sentence=sentence), 503)
    response.headers["Retry-After"] = "10"
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(status: int, words: ErrorText) -> Response:
    begin_request("GET")  # it writes nothing, so it takes no lock while it is rendered
    layout, home = _part()
    page = render_template(
        "error.html", layout=layout, home=home, words=words, form_page=_form_page()
    )
    return make_response(page, status)


def _form_page() -> str | None:
    """The page of this site whose form was sent."""
    if request.method != "POST":
        return None
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return None
    own = safe_path(parts.path + (f"?{parts.query}" if parts.query else ""))
    return own if parts.netloc == request.host else None


def _part() -> tuple[str, Home]:
    """The layout of the requested part of the site, and its home page."""
    if is_below("/client", request.path):
        return "client.html", Home("To your summaries", "/client")
    if is_behind_a_login(request.path):
        return "control.html", Home("To the control room", "/ops")
    return "public.html", Home("To the start page", "/")
