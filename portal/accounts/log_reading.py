"""Reading the audit log is audited, on every page that shows its entries."""

from hashlib import sha256
from typing import Any

from flask import session
from sqlalchemy.exc import DBAPIError

from portal.accounts.permissions.access import the_account
from portal.audit.chain.canonical import canonical
from portal.audit.service import record_now
from portal.core.configuration.settings import settings
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place
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


def can_record_reading(what: dict[str, Any]) -> bool:
    """The same; False where the log can't be written. Then the page has to be without entries."""
    try:
        record_reading(what)
    except DBAPIError as error:
        db.session.rollback()
        session["audit_read"] = session.get("audit_read", [])[:-1]
        if alarm_about(error, settings(), about=ops_place(settings())) is None:
            raise
        return False
    return True


def _mark(what: dict[str, Any]) -> str:
    """A short hash: the session cookie has no room for a hundred filters."""
    return sha256(canonical(what).encode()).hexdigest()[:10]
