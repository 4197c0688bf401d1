"""Refusals are events too: shown to the person, and recorded after a rollback."""

import logging
import sqlite3
from contextlib import nullcontext, suppress
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from portal.audit.actor import VISITOR, Actor, NamedActor, at_the_console
from portal.audit.counting import count_refusal
from portal.audit.models import Outcome
from portal.audit.service import record_now
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Refusal
from portal.core.faults.alarm import silenced
from portal.core.faults.places import ops_place
from portal.core.faults.sentences import fault_of
from portal.core.odd_rows.scan import UNREADABLE
from portal.core.odd_rows.searching import OPS_ROWS, search
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
    except (OperationalError, ProgrammingError) as missing:
        log.error("A refusal could not be recorded: %s", missing.orig)
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


BROKEN = (SQLAlchemyError, sqlite3.Error, OSError)
"""What databases and disks raise; a traceback would tell an operator less than a sentence."""


def in_one_line(error: Exception) -> str:
    """The sentence for its cause; the error’s own first line where none is known."""
    config = settings()
    if fault := fault_of(error, config, about=ops_place(config)):
        return str(fault)
    said = str(getattr(error, "orig", error)).strip() or type(error).__name__
    return f"It could not be done: {said.splitlines()[0]}"


def _odd_row() -> str | None:
    """The sentence about a row of the control room’s database that the command can’t read."""
    try:
        found = search(OPS_ROWS)
    except BROKEN:
        return None
    return f"{found[0]} So nothing was done. See: flask databases check" if found else None


class CommandGroup(AppGroup):
    """Commands that end with one line instead of a traceback when the product refuses."""

    def invoke(self, ctx: click.Context) -> Any:
        with nullcontext() if self.name == "jobs" else silenced():
            return self._said_in_a_line(ctx)

    def _said_in_a_line(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PortalError as error:
            record_refusal(error, by=at_the_console())
            raise click.ClickException(str(error)) from None
        except BrokenPipeError:
            raise
        except BROKEN as error:
            with suppress(SQLAlchemyError):
                db.session.rollback()
            raise click.ClickException(in_one_line(error)) from None
        except UNREADABLE:
            with suppress(SQLAlchemyError):
                db.session.rollback()
            if odd := _odd_row():
                raise click.ClickException(odd) from None
            raise
