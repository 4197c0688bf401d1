"""The blueprint of pages for accounts and owners, and what holds for each of them."""

from typing import Any

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from portal.accounts.login.cross_site import SAFE
from portal.databases.targets.readiness import READ_ONLY
from portal.directory.users.identity import current_user
from portal.directory.users.prepared import is_prepared, require_prepared
from portal.directory.views import ask_whether_the_database_fits

blueprint = Blueprint("site", "portal.directory", template_folder="templates")


@blueprint.before_request
def ask_whether_accounts_can_be_used() -> None:
    """Raises Unavailable while the directory can't be served, and before its tables for accounts
    are there. A page that only reads is shown in maintenance mode, and says so."""
    ask_whether_the_database_fits()
    g.is_site_asked = True
    if request.method not in SAFE:
        require_prepared()


@blueprint.context_processor
def site_context() -> dict[str, Any]:
    """`site_user`: who is logged in; `why_not_saved`: the sentence that each form shows while
    nothing can be saved."""
    if not g.get("is_site_asked"):  # the page says that the directory can't be served
        return {}
    prepared = is_prepared()
    why_not = READ_ONLY if g.get("notice") else None
    if not prepared:
        why_not = "Accounts are being prepared on this site."
    return {"site_user": current_user() if prepared else None, "why_not_saved": why_not}


@blueprint.after_request
def never_stored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
