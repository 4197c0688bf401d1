"""Strictness follows the registry, not a variable: a real production target brings real rules."""

from sqlalchemy import select

from portal.core.database import db, reading
from portal.core.settings import Environment
from portal.databases.models import ControlRoom
from portal.databases.registry import all_registered


def guards_real_production() -> bool:
    """Whether a production database that is not a demo is registered here."""
    return any(
        each.environment is Environment.PRODUCTION and not each.is_demo for each in all_registered()
    )


def is_demo_room() -> bool | None:
    """Whether this control room is a demo; None while there is none. Leaves no transaction open."""
    with reading():
        found = db.session.scalar(select(ControlRoom.is_demo))
        db.session.rollback()
    return found
