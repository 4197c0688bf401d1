"""Finishes a public page: its ETag, its encoding, and 304 if the visitor has it."""

from hashlib import sha256

from flask import Flask, Response, g, request, session

from portal.web.kept.answers import PLAIN, Body, chosen_encoding
from portal.web.kept.pages import OFFER, Offer

SAME_FOR_EVERYBODY = "status"
"""The blueprint whose pages read no cookie."""
BLUEPRINTS = frozenset({"directory", SAME_FOR_EVERYBODY})
VARY = ("Accept-Encoding", "Cookie")
CONDITIONS = frozenset(
    f"HTTP_IF_{name}"
    for name in ("MATCH", "NONE_MATCH", "MODIFIED_SINCE", "UNMODIFIED_SINCE", "RANGE")
)


def init_finishing(app: Flask) -> None:
    app.after_request(finish_public_page)


def finish_public_page(response: Response) -> Response:
    """Compress pages of the directory and the status page, which contain nothing secret.

    Other pages are not compressed: their length would leak the token to an attacker who can make
    the page contain a chosen text (BREACH).
    """
    is_page = response.mimetype == "text/html" and not response.is_streamed
    if request.blueprint not in BLUEPRINTS or not is_page or "Set-Cookie" in response.headers:
        return response
    if "Content-Encoding" in response.headers or _has_token():
        return response
    is_same = request.blueprint == SAME_FOR_EVERYBODY
    body = Body(response.get_data(), "")
    encoding = chosen_encoding(request.headers.get("Accept-Encoding", ""))
    is_tagged = response.status_code == 200 and not response.cache_control.no_store
    response.vary.update(VARY if is_tagged and not is_same else VARY[:1])
    if is_tagged:
        _tag(response, body, encoding, is_same=is_same)
    if encoding != PLAIN:
        response.set_data(body.in_encoding(encoding))
        response.headers["Content-Encoding"] = encoding
    if is_tagged and not CONDITIONS.isdisjoint(request.environ):
        response.make_conditional(request)
        del response.headers["Date"]  # the server writes its own
    return response


def _tag(response: Response, body: Body, encoding: str, *, is_same: bool) -> None:
    body.digest = sha256(body.plain).hexdigest()[:32]
    is_personal = not is_same and bool(request.cookies)
    response.headers["Cache-Control"] = "private, no-cache" if is_personal else "no-cache"
    response.set_etag(body.tag(encoding))
    offer: Offer | None = request.environ.get(OFFER)
    if offer is not None and not is_personal and not g.get("notice"):
        offer.body, offer.depends_on_time = body, bool(g.get("depends_on_time"))
        offer.longest = g.get("kept_seconds")


def _has_token() -> bool:
    """Whether the page may contain a token: a form's, or one in a session about to be saved."""
    return "csrf_token" in g or session.modified
