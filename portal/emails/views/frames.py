"""A letter's own page, for the frames that show it: shut in, in the scheme that is asked for."""

from flask import make_response, request
from werkzeug.wrappers import Response

from portal.emails.html import in_scheme

#: Nothing runs and nothing is sent; styles are a letter's own, and only our pages may frame it.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)


def framed(html: str) -> Response:
    """`?scheme=light` and `?scheme=dark` show it so whatever the browser prefers."""
    response = make_response(in_scheme(html, request.args.get("scheme", "")))
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response
