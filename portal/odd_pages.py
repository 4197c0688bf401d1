"""A page that failed for one row is made again without it; home and `check` name the row."""

import logging
import time

from flask import Response, current_app, make_response, request
from sqlalchemy.exc import SQLAlchemyError

from portal.core.configuration.settings import settings, state_of_app
from portal.core.errors import PortalError, StaffFault, Unavailable
from portal.core.odd_rows.known import known_odd
from portal.core.odd_rows.scan import OddRow, is_odd
from portal.core.odd_rows.searching import DIRECTORY_ROWS, OPS_ROWS, search
from portal.core.odd_rows.tolerance import is_tolerant, tolerating
from portal.core.page import begin_page, end_page
from portal.core.storage.database import begin_request, db
from portal.directory.views import ask_whether_the_database_fits

EACH = {OPS_ROWS: 5.0, DIRECTORY_ROWS: 60.0}
"""Seconds between two searches: a fault of the program is no reason to read everything."""
AGAIN = "portal.made-again"

log = logging.getLogger(__name__)


class Searches(dict[str, float]):
    """When each was searched last."""


def made_again(error: Exception, *, is_public: bool) -> Response | None:
    """The page without the rows that can't be read; None if no row was the reason.

    Raises StaffFault, naming a row, where the request can't do without it.
    """
    if request.environ.get(AGAIN) or is_tolerant():
        return None
    request.environ[AGAIN] = True
    reads = request.method in {"GET", "HEAD"}
    if is_public:
        return _for_visitors() if reads else None
    if not reads and not is_odd(error):
        return None
    odd = _searched(OPS_ROWS)
    if not odd:
        return None
    if reads and (page := _once_more()):
        return page
    what = "" if reads else " What was begun has been undone."
    raise StaffFault(f"{odd[0]}{what}", remedy="See: flask databases check")


def _for_visitors() -> Response | None:
    """Raises Unavailable for a page that is about such a row itself."""
    _searched(DIRECTORY_ROWS)
    odd = known_odd(settings().data)
    try:
        with tolerating(db.session.connection(), odd):
            ask_whether_the_database_fits()  # it may be what failed, and nothing else asks
            page = make_response(current_app.dispatch_request())
            db.session.rollback()
            return page
    except PortalError:
        raise
    except Exception as error:
        log.warning("A page could not be made without its odd rows either: %r", error)
        if odd:
            raise Unavailable("This page can’t be shown at the moment.") from error
        return None
    finally:
        db.session.rollback()


def _once_more() -> Response | None:
    db.session.rollback()
    end_page()
    begin_request(request.method)
    begin_page(request.method)
    try:
        refused = current_app.preprocess_request()
        return make_response(current_app.dispatch_request() if refused is None else refused)
    except Exception:
        log.exception("A page could not be made without its odd rows either")
        db.session.rollback()
        return None


def _searched(what: str) -> list[OddRow]:
    searches = state_of_app(Searches)
    if time.monotonic() - searches.get(what, float("-inf")) < EACH[what]:
        return []
    searches[what] = time.monotonic()
    try:
        found = search(what)
    except (SQLAlchemyError, OSError):
        log.exception("Rows that can’t be read could not be searched for")
        return []
    for each in found:
        log.error("%s", each)
    return found
