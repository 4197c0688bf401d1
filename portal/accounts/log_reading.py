"""Reading the audit log is audited, on every page that shows its entries."""

from hashlib import sha256
from typing import Any

from flask import session

from portal.accounts.permissions.access import the_account
from portal.audit.chain.canonical import canonical
from portal.audit.service import record_now
from portal.core.storage.database import db

REMEMBERED = 100


def record_reading(what: dict[str, Any]) -> None:
    """Once per session and filter, entry or page, so that following the log live adds no
    entries."""
    read, mark = session.get("audit_read", []), _mark(what)
    if mark in read:
        return
    session["audit_read"] = [*read, mark][-REMEMBERED:]
    record_now("audit.read", by=the_account(), details=what)
    db.session.rollback()  # so that this page's queries include the new entry


def _mark(what: dict[str, Any]) -> str:
    """A short hash: the session cookie has no room for a hundred filters."""
    return sha256(canonical(what).encode()).hexdigest()[:10]
