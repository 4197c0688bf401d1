"""A cache for `url_for` in templates, for the life of the process.

Werkzeug takes twenty microseconds for each address, and a page has dozens. An address depends on
the routes, which are fixed once pages are served, on the mount point of the site, on the request's
method, which selects among routes of one name, and on the values.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request, url_for

KEPT = 2048
LONGEST = 200
"""The maximum length of a value, so that searches do not fill the memory."""
KINDS = frozenset({str, int})
"""Types whose values are equal only if they are written alike: `True` is equal to 1."""


def init_addresses(app: Flask) -> None:
    app.jinja_env.globals["url_for"] = kept_addresses(app)


def kept_addresses(app: Flask) -> Callable[..., str]:
    """`url_for` of one application. Calls with unusual arguments are not cached."""

    @lru_cache(KEPT)
    def write(_root: str, _method: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        return url_for(endpoint, **dict(values))

    def address(endpoint: str, **values: Any) -> str:
        if app.debug or not has_request_context():
            return url_for(endpoint, **values)
        asked = request._get_current_object()  # type: ignore[attr-defined]  # once, not thrice
        given = {name: value for name, value in values.items() if value is not None}
        if not _is_plain(given):
            return url_for(endpoint, **values)
        if endpoint[:1] == ".":  # relative to the blueprint
            endpoint = f"{asked.blueprint}{endpoint}" if asked.blueprint else endpoint[1:]
        return write(asked.script_root, asked.method, endpoint, tuple(given.items()))

    return address


def _is_plain(values: dict[str, Any]) -> bool:
    """Whether each value is used unchanged, and no argument is an option of `url_for`."""
    for name, value in values.items():
        if name[:1] == "_" or type(value) not in KINDS:
            return False
        if type(value) is str and len(value) > LONGEST:
            return False
    return True
