"""Phases: an expand may run with the present code; a contract has to wait.

A contract names the revision that prepared it, `expand = "<revision>"`. It waits until that
revision has been in production for the soak time, so that no release needs the old form any more. A
contract that names none does not wait: only the release gate checks it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from portal.core.clock import now
from portal.core.errors import Refusal, Refused
from portal.databases.engines import engine_for
from portal.databases.engines.sharing import has_table
from portal.databases.migrations.history import current_revision
from portal.databases.migrations.revision import Revision
from portal.databases.policies.models import OverrideKind
from portal.databases.policies.overrides import override_of
from portal.databases.targets.config import Target
from portal.databases.targets.identity_label import portal_journal, read_label

SOAK = timedelta(days=1)


def runs_now(target: Target, revision: str | None) -> list[Revision]:
    """The pending revisions that one change may carry out now: all before one that has to wait.

    Raises Refused if the first of them has to wait. Development never waits.
    """
    waiting = target.history.pending(revision)
    if not target.is_production or not any(each.expand for each in waiting):
        return waiting
    with engine_for(target.url).reading() as connection:
        for place, each in enumerate(waiting):
            if sentence := why_too_early(target, each, connection):
                if place == 0:
                    raise _too_early(target, each, sentence)
                return waiting[:place]
    return waiting


def require_soaked(
    target: Target,
    revisions: Sequence[Revision],
    connection: Connection,
    *,
    ticket: str | None = None,
) -> None:
    """Raises Refused for a contract whose expand has not been in production for the soak time.

    `ticket`: the number of the change's own, which may use an override.
    """
    if not target.is_production:
        return
    for each in revisions:
        if sentence := why_too_early(target, each, connection, ticket=ticket):
            raise _too_early(target, each, sentence)


def why_too_early(
    target: Target, revision: Revision, connection: Connection, *, ticket: str | None = None
) -> str | None:
    """One sentence while the contract has to wait, otherwise None."""
    prepared_by = revision.expand
    if prepared_by is None:
        return None
    if override_of(OverrideKind.SOAK, target, revision.id, ticket=ticket):
        return None
    since = stands_since(target, prepared_by, connection)
    if since is None:
        return f"{revision.id} contracts what {prepared_by} prepares, which has to be there first."
    if (ends := since + SOAK) <= now():
        return None
    return (
        f"{revision.id} contracts what {prepared_by} prepared on {since:%Y-%m-%d %H:%M} UTC:"
        f" it waits until {ends:%Y-%m-%d %H:%M} UTC."
    )


def stands_since(target: Target, revision: str, connection: Connection) -> datetime | None:
    """When a revision was applied to this database, by its own journal; None if it was not.

    A revision without an entry counts from the day on which the database got its identity.
    """
    if revision not in _carried_out(target, connection):
        return None
    if has_table(connection, portal_journal.name):
        for row in connection.execute(select(portal_journal).order_by(portal_journal.c.at)):
            ran = target.history.pending(row.from_revision, row.to_revision)
            if revision in {each.id for each in ran}:
                return datetime.fromisoformat(row.at)
    label = read_label(connection)
    return datetime.fromisoformat(label.stamped_at) if label else None


def _carried_out(target: Target, connection: Connection) -> set[str]:
    present = current_revision(connection)
    return {each.id for each in target.history.pending(None, present)} if present else set()


def _too_early(target: Target, revision: Revision, sentence: str) -> Refused:
    return Refused(
        sentence,
        remedy=(
            "Wait, or an admin goes ahead with a reason: flask databases override"
            f" {target.name} soak {revision.id}"
        ),
        refusal=Refusal("migration.refused", target.name, {"to": revision.id}),
    )
