"""Finishes a public page: its ETag, its encoding, and 304 if the visitor has it."""

from hashlib import sha256

from flask import Flask, Response, g, request, session

from portal.web.kept.answers import PLAIN, Body, chosen_encoding
from portal.web.kept.pages import OFFER, Offer

BLUEPRINT = "directory"
VARY = ("Accept-Encoding", "Cookie")
CONDITIONS = frozenset(
    f"HTTP_IF_{name}"
    for name in ("MATCH", "NONE_MATCH", "MODIFIED_SINCE", "UNMODIFIED_SINCE", "RANGE")
)


def init_finishing(app: Flask) -> None:
    app.after_request(finish_public_page)


def finish_public_page(response: Response) -> Response:
    """Compress pages of the directory, which contain nothing secret.

    Other pages are not compressed: their length would leak the token to an attacker who can make
    the page contain a chosen text (BREACH).
    """
    is_page = response.mimetype == "text/html" and not response.is_streamed
    if request.blueprint != BLUEPRINT or not is_page or "Set-Cookie" in response.headers:
        return response
    if "Content-Encoding" in response.headers or _has_token():
        return response
    body = Body(response.get_data(), "")
    encoding = chosen_encoding(request.headers.get("Accept-Encoding", ""))
    response.vary.update(VARY if response.status_code == 200 else VARY[:1])
    if response.status_code == 200:
        _tag(response, body, encoding)
    if encoding != PLAIN:
        response.set_data(body.in_encoding(encoding))
        response.headers["Content-Encoding"] = encoding
    if response.status_code == 200 and not CONDITIONS.isdisjoint(request.environ):
        response.make_conditional(request)
        del response.headers["Date"]  # the server writes its own
    return response


def _tag(response: Response, body: Body, encoding: str) -> None:
    body.digest = sha256(body.plain).hexdigest()[:32]
    response.headers["Cache-Control"] = "private, no-cache" if request.cookies else "no-cache"
    response.set_etag(body.tag(encoding))
    offer: Offer | None = request.environ.get(OFFER)
    if offer is not None and not request.cookies and not g.get("notice"):
        offer.body, offer.depends_on_time = body, bool(g.get("depends_on_time"))


def _has_token() -> bool:
    """Whether the page may contain a token: a form's, or one in a session about to be saved."""
    return "csrf_token" in g or session.modified
