"""The control room's pages about the directory that this site serves, for admins.

They read forms and render pages; the services have the rules. What they write in the directory
carries its event for the audit log. Start with `studios`.
"""

from typing import Any

from flask import Blueprint, g

from portal.accounts.models import Role
from portal.accounts.permissions.access import guard_blueprint, the_account
from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.directory.history.models import ChangedBy
from portal.directory.history.recording import By
from portal.directory.users.prepared import require_moderation_prepared
from portal.directory.views import ask_whether_the_database_fits

NOT_NOW = "The directory is read-only for a moment, so this can’t be saved now. Try again soon."

blueprint = Blueprint(
    "staff", "portal.directory", url_prefix="/ops/directory", template_folder="templates"
)
guard_blueprint(blueprint, Role.ADMIN)


@blueprint.before_request
def ask_whether_the_directory_can_be_used() -> None:
    """Raises Unavailable while the directory can't be served, and before its tables for staff are
    there. In maintenance mode pages are shown, and say that nothing can be saved."""
    ask_whether_the_database_fits()
    require_moderation_prepared()


@blueprint.context_processor
def staff_context() -> dict[str, Any]:
    """`environment`: whose directory this is; `why_not_saved`: before anybody types."""
    why_not = NOT_NOW if g.get("notice") else None
    return {"environment": settings().env.value, "why_not_saved": why_not}


def by_staff() -> By:
    """Who makes this request. Ends the session's transaction on ops: what follows writes to the
    directory alone."""
    account = the_account()
    found = By(ChangedBy.STAFF, account.id, account.name)
    db.session.commit()
    return found


from portal.directory.views.staff import (  # noqa: E402, F401 — their routes are this blueprint's
    actions,
    claims,
    imports,
    people,
    queue,
    sections,
    statistics,
    studios,
)
