"""In which time zone a page is read."""

from flask import has_request_context, request

from portal.accounts.login.identity import asking_ops, current_account
from portal.accounts.models import Account
from portal.core.errors import PortalError
from portal.core.zones import UTC_NAMES, zone_names

ZONE_COOKIE = "zone"


def reader_zone_name() -> str:
    """The zone the reader chose, else the one noted for them as a client's contact, else the one in
    their browser's cookie; “UTC” without any."""
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
        with asking_ops():
            return (account.chosen_zone or _noted(account)) if account else None
    except PortalError:
        return None


def _noted(account: Account) -> str | None:
    """Staff note UTC for whom they know no zone of."""
    contact = None if account.is_staff else account.contact
    return contact.time_zone if contact and contact.time_zone not in UTC_NAMES else None
