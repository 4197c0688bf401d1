"""A letter as a page of its own for iframes: sandboxed, in the requested colour scheme."""

from flask import make_response, request
from werkzeug.wrappers import Response

from portal.core.configuration.settings import settings
from portal.emails.html import in_scheme

#: No scripts, no forms; only inline styles and this site's images, under the base URL that letters
#: use. Only our own pages may frame it.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' {own}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)


def framed(html: str) -> Response:
    """`?scheme=light` and `?scheme=dark` override the browser's preference."""
    response = make_response(in_scheme(html, request.args.get("scheme", "")))
    response.headers["Content-Security-Policy"] = LETTER_POLICY.format(own=settings().base_url)
    return response
