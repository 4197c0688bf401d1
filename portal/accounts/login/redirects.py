"""Redirects after a login: only to pages of this site."""

from urllib.parse import urlsplit

from portal.accounts.login.cookies import realm_of
from portal.accounts.models import Account, Realm, Role

STAFF_HOME = "/ops"
CLIENT_HOME = "/client"


def safe_path(address: str | None) -> str | None:
    """The address if it is a path of this site, else None.

    Browsers read `//host`, `/\\host` and addresses with tabs or line breaks as other sites.
    """
    if not address or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or any(ord(character) < 33 for character in address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else address


def door_of(account: Account, wanted: str | None = None) -> str:
    """The wanted page if the account may open it, else the account's home page."""
    home = CLIENT_HOME if account.role is Role.CLIENT else STAFF_HOME
    path = safe_path(wanted)
    if path is None or realm_of(urlsplit(path).path) is not Realm.STAFF:
        return home
    if account.role is Role.CLIENT and not _is_open_to_clients(path):
        return home
    return path


def _is_open_to_clients(path: str) -> bool:
    return path.startswith((CLIENT_HOME, "/ops/password", "/ops/sessions", "/ops/time-zone"))
