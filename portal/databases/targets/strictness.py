"""Strictness follows the registry, not a variable: a real production target brings real rules."""

from typing import cast

from sqlalchemy import Table, select

from portal.core.configuration.settings import Environment
from portal.core.storage.database import db, reading
from portal.databases.models import ControlRoom, RegisteredTarget
from portal.databases.targets.registry import all_registered

_registered = cast(Table, RegisteredTarget.__table__).c
_OF_EACH = select(_registered.environment, _registered.is_demo)
"""Of the table in place of the model: pages for clients ask it each time."""


def guards_real_production(*, alone: bool = False) -> bool:
    """Whether a production database that is not a demo is registered here.

    `alone`: for a page that asks nothing else of what is registered.
    """
    try:
        known = _asked_alone() if alone else _among_all()
    except ValueError:  # a garbled row; these two columns are asked alone
        known = _asked_alone()
    return any(each is Environment.PRODUCTION and not is_demo for each, is_demo in known)


def _among_all() -> list[tuple[Environment, bool]]:
    return [(each.environment, each.is_demo) for each in all_registered()]


def _asked_alone() -> list[tuple[Environment, bool]]:
    found = db.session.execute(_OF_EACH, bind_arguments={"mapper": RegisteredTarget})
    return [(environment, is_demo) for environment, is_demo in found]


def is_demo_room() -> bool | None:
    """Whether this control room is a demo; None while there is none. Leaves no transaction open."""
    with reading():
        found = db.session.scalar(select(ControlRoom.is_demo))
        db.session.rollback()
    return found
