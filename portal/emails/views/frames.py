"""A letter's own page, for the frames that show it: shut in, in the scheme that is asked for."""

from flask import make_response, request
from werkzeug.wrappers import Response

from portal.core.configuration.settings import settings
from portal.emails.html import in_scheme

#: Nothing runs and nothing is sent; styles are a letter's own, pictures this site's, as it calls
#: itself in letters, and only our pages may frame it.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' {own}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)


def framed(html: str) -> Response:
    """`?scheme=light` and `?scheme=dark` show it so whatever the browser prefers."""
    response = make_response(in_scheme(html, request.args.get("scheme", "")))
    response.headers["Content-Security-Policy"] = LETTER_POLICY.format(own=settings().base_url)
    return response
