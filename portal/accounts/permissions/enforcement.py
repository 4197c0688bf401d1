"""Enforces the table's row for each request: role, fresh login, and the audit of exports.

Registered once, after the checks against forged requests. A route without a row is refused.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import Flask, Response, current_app, request

from portal.accounts.login.confirm_password import log_in_with_this_request
from portal.accounts.login.password_in_form import PasswordMissing
from portal.accounts.permissions.access import (
    has_fresh_login,
    require_fresh_login,
    require_role,
    the_account,
)
from portal.accounts.permissions.permission import Concerns, Fresh, Permission
from portal.accounts.permissions.table import PERMISSIONS
from portal.audit.service import record_now
from portal.core.errors import Forbidden, Refusal

READS = {"GET", "HEAD", "OPTIONS"}
IS_ABOUT_PRODUCTION = "portal.is_about_production"

IsAboutProduction = Callable[[Concerns], bool]


def init_permissions(app: Flask, *, is_about_production: IsAboutProduction) -> None:
    """`is_about_production` finds the database that this request is about; True if in doubt."""
    app.extensions[IS_ABOUT_PRODUCTION] = is_about_production
    app.before_request(enforce)
    app.after_request(record_export)


def row_of_request() -> Permission | None:
    """None for read-only pages, and for unknown addresses.

    Raises Forbidden for a state-changing route without a row.
    """
    if request.endpoint is None:
        return None
    row = PERMISSIONS.get(request.endpoint)
    if request.method in READS:
        return row if row and row.is_export else None
    if row is None:
        raise Forbidden(
            "No permission is defined for this, so it is refused.",
            refusal=Refusal("access.refused", target=request.path),
        )
    return row


def enforce() -> None:
    """Raises LoginNeeded, Forbidden or FreshLoginNeeded."""
    row = row_of_request()
    if row is None or row.roles is None:
        return
    require_role(*row.roles)
    if row.in_view:
        return
    log_in_with_this_request()
    if needs_fresh_login(row):
        require_fresh_login()


def require_fresh_login_of_row() -> None:
    """For views whose row is `in_view`: the form's password is a login; else the last one counts.

    Nothing may be pending: a login is committed. Raises WrongPassword or PasswordMissing.
    """
    log_in_with_this_request()
    row = row_of_request()
    if (row is None or needs_fresh_login(row)) and not has_fresh_login():
        raise PasswordMissing


def is_login_fresh_for(endpoint: str, *, after: datetime | None = None) -> bool:
    """Whether the last login is enough for what that route does, and later than `after`."""
    row = PERMISSIONS.get(endpoint)
    if after is None and row and not needs_fresh_login(row):
        return True
    return has_fresh_login(after)


def needs_fresh_login(row: Permission) -> bool:
    if row.fresh is not Fresh.ON_PRODUCTION:
        return row.fresh is Fresh.ALWAYS
    is_about = cast(IsAboutProduction, current_app.extensions[IS_ABOUT_PRODUCTION])
    return row.concerns is None or is_about(row.concerns)


def record_export(response: Response) -> Response:
    """Audit each exported file as it is sent."""
    row = PERMISSIONS.get(request.endpoint or "")
    left = request.method == "GET" and response.status_code in {200, 206}
    if left and row and row.is_export and row.action:
        record_now(row.action, by=the_account(), target=request.path)
    return response
