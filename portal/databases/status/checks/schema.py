"""The identity, the version table, the schema and the code of its revisions."""

from collections.abc import Iterator

from sqlalchemy import inspect

from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.beside import LEASE_TABLES, beside_names
from portal.databases.migrations.applied import edited, note_first_seen
from portal.databases.migrations.history import SEVERAL
from portal.databases.policies.drift import drift_of, not_compared
from portal.databases.status.checks.finding import CheckedTarget, Finding, fault, note
from portal.databases.targets.database_roles import guard_faults, put_back
from portal.databases.targets.identity_label import portal_identity, portal_journal

VERSIONS, OWN = "alembic_version", "portal_"


def identity(subject: CheckedTarget) -> Iterator[Finding]:
    if not subject.judgement.fits:
        yield fault(str(subject.judgement))


def own_trigger(subject: CheckedTarget) -> Iterator[Finding]:
    """The database's own refusal of a schema change that bypasses the guard."""
    for wrong in guard_faults(subject.target):
        yield fault(f"{wrong} {put_back(subject.name)}")


def readable(subject: CheckedTarget) -> Iterator[Finding]:
    engine = engine_for(subject.target.url)
    with engine.reading() as connection:
        if why := engine.unreadable(connection):
            yield fault(str(why))


def versions(subject: CheckedTarget) -> Iterator[Finding]:
    """Manual edits of the version table, judging by the revision that the last change left."""
    found, known = subject.revision, subject.known
    recorded = known.revision if known else None
    if found is None and recorded:
        yield fault(_emptied(subject, recorded))
    elif found is None and _holds_tables(subject):
        yield fault(
            f"The version table {VERSIONS} is empty or gone, though there are tables, and no"
            " revision is on record here. Find out which one they are at, by the newest backup or"
            " the audit log, before anything is applied."
        )
    elif found and SEVERAL in found:
        at = f"; it was at {recorded}" if recorded else ""
        yield fault(
            f"The version table {VERSIONS} holds several revisions, {found}{at}. Leave the one"
            " whose tables are there, by hand; else restore a backup."
        )
    elif ahead := _ahead(subject):
        yield fault(ahead)
    elif recorded and found != recorded:
        sql = f"UPDATE {VERSIONS} SET version_num = '{recorded}'"  # noqa: S608
        yield fault(
            f"The version table {VERSIONS} says {found}, and the last change left {recorded}. Find"
            f" out who changed it. {_by_hand(sql)}"
        )


def _emptied(subject: CheckedTarget, recorded: str) -> str:
    engine = engine_for(subject.target.url)
    with engine.reading() as connection:
        state = "is empty" if VERSIONS in engine.tables(connection) else "is gone"
    sql = f"INSERT INTO {VERSIONS} (version_num) VALUES ('{recorded}')"  # noqa: S608
    return f"The version table {VERSIONS} {state}; it was at {recorded}. {_by_hand(sql)}"


def _by_hand(sql: str) -> str:
    return (
        "If its tables are unchanged, the database's owner writes it back by hand:"
        f" {sql}; else restore a backup."
    )


def _holds_tables(subject: CheckedTarget) -> bool:
    """Another application may never have had a revision; our own always has one."""
    with engine_for(subject.target.url).reading() as connection:
        names = set(engine_for(subject.target.url).tables(connection))
    content = {each for each in names - {VERSIONS} if not each.startswith(OWN)}
    return bool(content) and (subject.target.is_directory or VERSIONS in names)


def foreign_own(subject: CheckedTarget) -> Iterator[Finding]:
    """Drift, digests and plans leave out the product's own tables, by the prefix of their names."""
    with engine_for(subject.target.url).reading() as connection:
        look = inspect(connection)
        found = {*look.get_table_names(), *look.get_view_names()}
        known = {portal_identity.name, portal_journal.name, *beside_names()}
        if connection.dialect.name == "sqlite":
            known -= set(LEASE_TABLES)  # there the leases are in a separate file
    if foreign := sorted(each for each in found - known if each.startswith(OWN)):
        yield fault(
            f"The tables by the product’s own names are not all its own: {', '.join(foreign)}. They"
            " were made by hand, or by a newer release, and no drift shows in them. Rename or drop"
            " them."
        )


def _ahead(subject: CheckedTarget) -> str | None:
    try:
        subject.target.history.pending(subject.revision)
    except PortalError as error:
        return str(error)
    return None


def drift(subject: CheckedTarget) -> Iterator[Finding]:
    with engine_for(subject.target.url).reading() as connection:
        found = drift_of(subject.target, connection)
    if found:
        yield fault(
            f"{found.sentence} Undo it by hand, or an admin accepts it:"
            f" flask databases accept-drift {subject.name} --reason WHY"
        )
    if uncompared := not_compared(subject.target):
        yield note(
            f"{uncompared} The next change or restore records them; or an admin takes them as they"
            f" are: flask databases accept-drift {subject.name} --reason WHY"
        )
    if subject.known and subject.known.schema_digest is None:
        yield note(
            "No schema is on record, so a change by hand would not show until the next change."
        )


def code(subject: CheckedTarget) -> Iterator[Finding]:
    """Whether the files of the applied revisions are still the code that ran."""
    if subject.judgement.label is None:
        return
    uuid = subject.judgement.label.database_uuid
    recorded = subject.known.revision if subject.known else None
    is_known = subject.revision is not None and not _ahead(subject)
    if not is_known and not (recorded and subject.target.history.knows(recorded)):
        return
    for each in edited(subject.target, subject.revision if is_known else recorded, uuid):
        yield fault(f"{each.sentence} {each.remedy}")
    if not is_known:
        return  # nothing is recorded based on a version table that was edited by hand
    revision = subject.revision
    db.session.rollback()  # without a WAL, a reader keeps the writer from committing
    if seen := note_first_seen(subject.target, revision, uuid):
        yield note(
            f"The code of {', '.join(seen)} was first seen by this check: what it was when it was"
            " applied is not on record. Edits from now on are named."
        )
