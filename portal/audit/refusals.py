"""Refusals are events too: shown to the person, and recorded after a rollback."""

import logging
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from portal.audit.actor import VISITOR, Actor, NamedActor, at_the_console
from portal.audit.counting import count_refusal
from portal.audit.models import Outcome
from portal.audit.service import record_now
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Refusal, Unavailable
from portal.core.storage.busy import busy, gone, is_gone, is_locked
from portal.core.storage.database import db, reading

log = logging.getLogger(__name__)


def record_refusal(error: PortalError, *, by: Actor) -> None:
    """Roll back the attempt, then record its refusal in a separate transaction.

    Visitors are only counted. If the log can't be written, the refusal still applies: nothing was
    changed that would have to be recorded.
    """
    db.session.rollback()
    if error.refusal is None:
        return
    try:
        _record(error, error.refusal, _detached(by))
    except SQLAlchemyError:
        log.exception("A refusal could not be recorded.")


def _detached(by: Actor) -> Actor:
    """The actor, reloaded after the rollback, without leaving a transaction open."""
    with reading():
        actor = NamedActor(name=by.name, role=str(by.role), id=by.id)
        db.session.rollback()
    return actor


def _record(error: PortalError, refusal: Refusal, by: Actor) -> None:
    if by.role == VISITOR.role:
        count_refusal(refusal.action)
        return
    record_now(
        refusal.action,
        by=by,
        outcome=Outcome.REFUSED,
        target=refusal.target,
        details=refusal.details,
        reason=str(error),
    )


def _why_silent(error: OperationalError) -> Unavailable | None:
    """The reason, if the database is locked or unreachable; None for other errors."""
    if is_locked(error):
        return busy(settings().ops_url)
    return gone() if is_gone(error) else None


class CommandGroup(AppGroup):
    """Commands that end with one line instead of a traceback when the product refuses."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PortalError as error:
            record_refusal(error, by=at_the_console())
            raise click.ClickException(str(error)) from None
        except OperationalError as error:
            if (why := _why_silent(error)) is None:
                raise
            db.session.rollback()
            raise click.ClickException(str(why)) from None
