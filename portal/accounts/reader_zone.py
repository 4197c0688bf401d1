"""The time zone in which a page is shown."""

from flask import has_request_context, request

from portal.accounts.login.identity import asking_ops, current_account
from portal.accounts.models import Account
from portal.core.errors import PortalError
from portal.core.zones import UTC_NAMES, zone_names

ZONE_COOKIE = "zone"


def reader_zone_name() -> str:
    """The zone that the reader chose, else their contact's zone, else the browser's zone from its
    cookie; “UTC” if there is none."""
    if not has_request_context():
        return "UTC"
    name = _chosen() or request.cookies.get(ZONE_COOKIE, "")
    return name if name in zone_names() and name not in UTC_NAMES else "UTC"


def browser_zone_name() -> str | None:
    name = request.cookies.get(ZONE_COOKIE, "")
    return name if name in zone_names() else None


def _chosen() -> str | None:
    """Also None if the ops database can't be reached, as on its error page."""
    try:
        account = current_account()
        with asking_ops():
            return (account.chosen_zone or _noted(account)) if account else None
    except PortalError:
        return None


def _noted(account: Account) -> str | None:
    """UTC counts as none: staff enter it for contacts whose zone is unknown."""
    contact = None if account.is_staff else account.contact
    return contact.time_zone if contact and contact.time_zone not in UTC_NAMES else None
