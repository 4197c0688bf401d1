"""In which time zone a page is read."""

from flask import has_request_context, request

from portal.accounts.identity import current_account
from portal.core.errors import PortalError
from portal.core.zones import UTC_NAMES, zone_names

ZONE_COOKIE = "zone"


def reader_zone_name() -> str:
    """The zone the reader chose, else the one in their browser's cookie; “UTC” without one."""
    if not has_request_context():
        return "UTC"
    name = _chosen() or request.cookies.get(ZONE_COOKIE, "")
    return name if name in zone_names() and name not in UTC_NAMES else "UTC"


def browser_zone_name() -> str | None:
    name = request.cookies.get(ZONE_COOKIE, "")
    return name if name in zone_names() else None


def _chosen() -> str | None:
    """None as well where the control room's own database can't be asked, as on its error page."""
    try:
        account = current_account()
    except PortalError:
        return None
    return account.chosen_zone if account else None
