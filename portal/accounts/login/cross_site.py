"""Protection against cross-site requests.

A token in each form (Flask-WTF) and, in addition, the browser's headers on the origin of a request.
Source: OWASP ASVS 5.0, 3.5.
"""

from typing import NoReturn
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from portal.core.configuration.settings import settings
from portal.core.errors import Invalid, Refusal

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
ONE_CLICK = frozenset({"site.create_unsubscription"})
"""Endpoints that a mail program calls for its reader (RFC 8058): without page and cookie, and with
an address that no one can guess."""


class Protection(CSRFProtect):  # type: ignore[misc]  # Flask-WTF ships no types
    """Flask-WTF's check, with the product's error messages."""

    def protect(self, apply_exemptions: bool = False) -> None:
        if is_one_click():
            g.csrf_valid = True
        else:
            super().protect(apply_exemptions=apply_exemptions)

    def _error_response(self, _reason: str) -> NoReturn:
        raise _refused("This form is out of date, so nothing was changed.")


def init_forgery(app: Flask) -> None:
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a token is valid as long as its session
    app.config["WTF_CSRF_SSL_STRICT"] = False  # the origin is checked here, also for HTTP
    app.before_request(refuse_foreign_requests)
    app.after_request(answer_one_click)
    Protection(app)


def is_one_click() -> bool:
    if request.endpoint not in ONE_CLICK or request.method != "POST":
        return False
    return request.form.get("List-Unsubscribe") == "One-Click"


def answer_one_click(response: Response) -> Response:
    """RFC 8058 forbids a redirect after it."""
    if response.status_code == 303 and is_one_click():
        return Response("The emails have ended.\n", 200, mimetype="text/plain")
    return response


def refuse_foreign_requests() -> None:
    """Raises Invalid for a state-changing request from another site."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_hidden = origin == "null" and site == "same-origin"
    is_own = is_hidden or not origin or _is_own(origin)
    if site not in {None, "same-origin", "none"} or not is_own:
        raise _refused("This was sent from another site, so nothing was changed.")
    g.is_from_own_site = True


def _is_own(origin: str) -> bool:
    return origin in {_origin(request.host_url), _origin(settings().base_url)}


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _refused(sentence: str) -> Invalid:
    return Invalid(
        sentence,
        remedy="Open the page on this site and send it from there.",
        refusal=Refusal("request.refused", target=request.path),
    )
