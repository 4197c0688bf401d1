"""Codes of links in mails: made from a row's id with this site's key, so no row holds a secret."""

import hmac
from hashlib import sha256
from uuid import UUID

from portal.core.configuration.settings import settings
from portal.core.secrets import secret_key


def link_code(kind: str, row_id: str) -> str:
    """For an address. The same for the same row: what may be used once is the row."""
    return f"{row_id}.{_mac(kind, row_id)}"


def id_in(kind: str, code: str) -> str | None:
    """The id of a code that this site made for this kind of link; None for any other text."""
    row_id, _, mac = code.partition(".")
    try:
        is_id = str(UUID(row_id)) == row_id
    except ValueError:
        return None
    is_whole = is_id and hmac.compare_digest(mac.encode(), _mac(kind, row_id).encode())
    return row_id if is_whole else None


def _mac(kind: str, about: str) -> str:
    key = secret_key(settings()).encode()
    made = hmac.new(key, f"site-link {kind} {about}".encode(), sha256)
    return made.hexdigest()[:40]
