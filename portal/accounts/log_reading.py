"""Reading the audit log is in the audit log, at every page that shows entries of it."""

from hashlib import sha256
from typing import Any

from flask import session

from portal.accounts.permissions.access import the_account
from portal.audit.chain.canonical import canonical
from portal.audit.service import record_now
from portal.core.storage.database import db

REMEMBERED = 100


def record_reading(what: dict[str, Any]) -> None:
    """Once a session and filter, entry or page, so that following live does not feed itself."""
    read, mark = session.get("audit_read", []), _mark(what)
    if mark in read:
        return
    session["audit_read"] = [*read, mark][-REMEMBERED:]
    record_now("audit.read", by=the_account(), details=what)
    db.session.rollback()  # what this page reads from here on includes that entry


def _mark(what: dict[str, Any]) -> str:
    """Short: it stands in a cookie, which has no room for a hundred filters."""
    return sha256(canonical(what).encode()).hexdigest()[:10]
