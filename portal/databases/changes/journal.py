"""The journal inside a directory database: which changes were committed there.

A change and its entry are in one transaction. After a crash between the two databases the journal,
and not the control room's record, says what happened.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from portal.core.clock import now
from portal.core.errors import Conflict
from portal.databases.engines.sharing import cached_on, has_table
from portal.databases.targets.identity_label import portal_journal


@dataclass(frozen=True)
class Entry:
    ticket: str
    plan: str
    from_revision: str | None
    to_revision: str
    at: str


def entry(connection: Connection, ticket: str) -> Entry | None:
    if not has_table(connection, portal_journal.name):
        return None
    query = select(portal_journal).where(portal_journal.c.ticket == ticket)
    name = f"journal entry {ticket}"
    row = cached_on(connection, name, lambda here: here.execute(query).one_or_none())
    return Entry(*row) if row else None


def require_new(connection: Connection, ticket: str) -> None:
    """Raises Conflict if a change was already carried out under this ticket."""
    if found := entry(connection, ticket):
        raise Conflict(
            f"{ticket} was carried out already, on {found.at[:19]} UTC, to {found.to_revision}.",
            remedy="A ticket is good for once.",
        )


def write_entry(
    connection: Connection, ticket: str, *, plan: str, from_revision: str | None, to_revision: str
) -> None:
    connection.execute(
        insert(portal_journal).values(
            ticket=ticket,
            plan=plan,
            from_revision=from_revision,
            to_revision=to_revision,
            at=now().isoformat(),
        )
    )
