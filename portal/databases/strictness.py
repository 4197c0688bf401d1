"""Strictness follows the registry, not a variable: a real production target brings real rules."""

from sqlalchemy import select

from portal.core.database import db, reading
from portal.core.settings import Environment
from portal.databases.models import ControlRoom, RegisteredTarget
from portal.databases.registry import all_registered


def guards_real_production() -> bool:
    """Whether a production database that is not a demo is registered here."""
    try:
        known = [(each.environment, each.is_demo) for each in all_registered()]
    except ValueError:  # a garbled row; these two columns are asked alone
        rows = db.session.execute(select(RegisteredTarget.environment, RegisteredTarget.is_demo))
        known = [(environment, is_demo) for environment, is_demo in rows]
    return any(each is Environment.PRODUCTION and not is_demo for each, is_demo in known)


def is_demo_room() -> bool | None:
    """Whether this control room is a demo; None while there is none. Leaves no transaction open."""
    with reading():
        found = db.session.scalar(select(ControlRoom.is_demo))
        db.session.rollback()
    return found
