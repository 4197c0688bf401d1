"""Closes the runs whose change a restore has undone: none of their steps fits any more."""

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from portal.audit.actor import Actor
from portal.core.errors import PortalError
from portal.core.storage.database import JsonDict, db
from portal.databases.changes.automatic_rollback import with_sentence
from portal.databases.changes.journal import entry
from portal.databases.changes.models import Ticket
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.targets.config import Target
from portal.runbooks.engine.runs import close_run
from portal.runbooks.models import Run, RunState


def with_runs_closed(result: JsonDict, target: Target, backup: str, *, by: Actor) -> JsonDict:
    """The restore's result, with the runs that it closed. It is done, whether or not they can be.

    Commits the restore's record first.
    """
    db.session.commit()
    try:
        closed = close_undone_runs(target, backup, by=by)
    except (PortalError, SQLAlchemyError) as error:
        db.session.rollback()
        why = first_line(error)
        return with_sentence(result, f"Whether an open run's change is undone is unknown: {why}")
    if not closed:
        return result
    named = " and ".join(f"run {number}" for number in closed)
    return with_sentence(result, f"Its change is undone, so it is closed: {named}.")


def close_undone_runs(target: Target, backup: str, *, by: Actor) -> list[int]:
    """Close the open runs whose committed change is not in the database any more; returns their
    numbers. The caller commits.
    """
    undone = [each for each in _committed(target) if _is_gone(target, each[1])]
    for number, ticket in undone:
        because = (
            f"{target.name.capitalize()} was restored from {backup}, so the change of ticket"
            f" {ticket} is undone."
        )
        close_run(number, by=by, because=because)
    return [number for number, _ in undone]


def _committed(target: Target) -> list[tuple[int, str]]:
    """Open runs by number, with the ticket of the change that each carried out."""
    query = select(Run.id, Ticket.number).join(Ticket, Ticket.run == Run.uuid)
    is_open = Run.target == target.name, Run.state == RunState.OPEN, Ticket.used_at.is_not(None)
    return [(number, ticket) for number, ticket in db.session.execute(query.where(*is_open))]


def _is_gone(target: Target, ticket: str) -> bool:
    """By the database's own journal: a backup from after the change still has its entry."""
    with engine_for(target.url).reading() as connection:
        return entry(connection, ticket) is None
