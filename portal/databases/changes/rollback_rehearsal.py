"""The downgrade, tried on the rehearsal's copy: whether it is usable, and what was compared."""

import time
from dataclasses import dataclass

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from portal.core.errors import PortalError
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.copies import Content, copier_for
from portal.databases.engines.derived import is_derived
from portal.databases.migrations.commands import downgrade
from portal.databases.migrations.objects.comparing import differences
from portal.databases.migrations.objects.facts import Facts
from portal.databases.migrations.objects.inventory import facts_of, uncompared
from portal.databases.migrations.sole_connection import SecondConnection
from portal.databases.targets.config import Target
from portal.jobs.operations.progress import Progress

NAMED_AT_MOST = 3


@dataclass(frozen=True)
class StateBefore:
    """The content of the copy before the change ran on it."""

    content: Content
    objects: Facts


def tried(
    target: Target, url: URL, revision: str | None, before: StateBefore, progress: Progress
) -> str:
    """Try the downgrade on the same copy; returns a sentence about the result."""
    if revision is None:
        return "Restore the backup; there is nothing to downgrade to."
    tables, started = _tables(url), time.monotonic()
    try:
        with (
            progress.step("Try the rollback on the copy"),
            engine_for(url).changing(SchemaAccess.SCRATCH) as connection,
        ):
            downgrade(connection, revision, target=target)
    except SecondConnection:
        raise  # with its own message, as on the way forward
    except (PortalError, NotImplementedError, RuntimeError, SQLAlchemyError) as error:
        return f"Restore the backup; a downgrade is not possible: {str(error) or 'not written'}"
    seconds = time.monotonic() - started
    dropped = sorted(tables - _tables(url))
    taken = f" Tables it removes: {_listed(dropped)}." if dropped else ""
    return _compared(url, before, seconds) + taken


def _tables(url: URL) -> set[str]:
    engine = engine_for(url)
    with engine.reading() as connection:
        return set(engine.tables(connection))


def _listed(names: list[str]) -> str:
    """Derived tables are marked as such."""
    return ", ".join(f"{name} (rebuilt)" if is_derived(name) else name for name in names)


def _compared(url: URL, before: StateBefore, seconds: float) -> str:
    after = copier_for(url).content()
    with engine_for(url).reading() as connection:
        objects, unread = facts_of(connection), uncompared(connection)
    not_read = f" The rows of {', '.join(unread)} were not compared." if unread else ""
    if differing := before.content.differs_in(after):
        return f"Restore the backup; a downgrade changes rows of {', '.join(differing)}.{not_read}"
    changed = [each.sentence for each in differences(before.objects, objects)]
    if changed:
        more = len(changed) - NAMED_AT_MOST
        also = f" And {more} more." if more > 0 else ""
        listed = " ".join(changed[:NAMED_AT_MOST])
        return f"Restore the backup; a downgrade leaves another schema. {listed}{also}{not_read}"
    return (
        f"Restore the backup, or downgrade (tried in {seconds:.1f} s: in {len(after.counts)} tables"
        f" every row as before, and {len(before.objects)} objects and properties of the schema)."
        f"{not_read}"
    )
