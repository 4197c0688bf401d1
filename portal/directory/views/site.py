"""The blueprint of pages for accounts and owners, and what holds for each of them."""

import secrets
from typing import Any

from flask import Blueprint, after_this_request, g, render_template, request
from werkzeug.wrappers import Response

from portal.accounts.login.callers import the_app
from portal.accounts.login.cookies import SITE_DEVICE_COOKIE, devices_here, remember_device
from portal.accounts.login.cross_site import SAFE
from portal.core.errors import Forbidden, PortalError
from portal.directory.users.access.origin import Origin
from portal.directory.users.access.signup import HasAccount
from portal.directory.users.access.throttles import person_of
from portal.directory.users.identity import begin, current_session, current_user, note_use
from portal.directory.users.models import SiteSession
from portal.directory.users.prepared import is_prepared, require_prepared
from portal.directory.users.sessions import end_session
from portal.directory.views import ask_whether_the_database_fits

NOT_NOW = "The directory is read-only for a moment, so this can’t be saved now. Try again soon."
"""Before anybody types; what is sent all the same is refused with `readiness.READ_ONLY`."""

blueprint = Blueprint("site", "portal.directory", template_folder="templates")


@blueprint.before_request
def ask_whether_accounts_can_be_used() -> None:
    """Raises Unavailable while the directory can't be served, and before its tables for accounts
    are there. A page that only reads is shown in maintenance mode, and says so."""
    ask_whether_the_database_fits()
    g.is_site_asked = True
    if request.method not in SAFE or "code" in (request.view_args or {}):
        require_prepared()


@blueprint.context_processor
def site_context() -> dict[str, Any]:
    """`site_user`: who is logged in; `why_not_saved`: the sentence that each form shows while
    nothing can be saved."""
    if not g.get("is_site_asked"):  # the page says that the directory can't be served
        return {}
    prepared = is_prepared()
    why_not = NOT_NOW if g.get("notice") else None
    if not prepared:
        why_not = "Accounts are being prepared on this site."
    return {"site_user": current_user() if prepared else None, "why_not_saved": why_not}


def origin() -> Origin:
    """Of this request, as a session keeps it."""
    devices = devices_here(the_app(), SITE_DEVICE_COOKIE)
    return Origin(request.remote_addr, request.user_agent.string or None, devices)


def session_here() -> tuple[int, int] | None:
    """The session of this browser, and whose it is."""
    row = current_session()
    return (row.id, row.user_id) if row else None


def begin_instead_of(before: tuple[int, int] | None, row: SiteSession, token: str) -> None:
    """Bind this browser to a new session; the one that it had is ended. The browser is known to
    the person from now on."""
    if before:
        end_session(*before)
    begin(row, token)
    person = person_of(row.user.email)
    device = origin().devices.get(person) or secrets.token_urlsafe(12)

    @after_this_request
    def remember(response: Response) -> Response:
        remember_device(the_app(), response, person, device, name=SITE_DEVICE_COOKIE)
        return response


def link_ended(error: PortalError) -> tuple[str, int]:
    """The page of a link in a mail that can’t be used, with the ways on."""
    has_own = isinstance(error, HasAccount | Forbidden)
    heading = error.heading if has_own else "This link can’t be used"
    return render_template("site/link_ended.html", error=error, heading=heading), error.status


@blueprint.after_request
def never_stored(response: Response) -> Response:
    """An address with the code of a link is in no referrer and in no index."""
    response.headers["Cache-Control"] = "no-store"
    if "code" in (request.view_args or {}):
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@blueprint.after_request
def note_session(response: Response) -> Response:
    if not g.get("notice"):
        note_use()
    return response


import portal.directory.views.studio  # noqa: E402, F401 — `studio` of the package is a view
from portal.directory.views import (  # noqa: E402, F401 — their routes are this blueprint's
    account,
    login,
    messages,
    own_data,
    pictures,
    signup,
)
from portal.directory.views.visiting import (  # noqa: E402, F401 — likewise
    answers,
    claims,
    reports,
    reviews,
)
