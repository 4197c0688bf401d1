"""Measurements of a database: its identity, and its schema against what live releases serve."""

from sqlite3 import Error as SqliteError

from sqlalchemy.exc import DatabaseError

from portal.core.errors import PortalError
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.migrations.history import current_revision
from portal.databases.policies.release_gate import leases_of
from portal.databases.targets.config import Target
from portal.databases.targets.identity import judge
from portal.directory.revisions import SERVES
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.release import release_name
from portal.monitoring.probes.measures.finding import Finding, failed, inconclusive, passed

FAULTS = (DatabaseError, SqliteError, OSError)
SHORT = 4


def measure_database(target: Target) -> Finding:
    """It answers, and is the registered one. Ops is asked while the connection is open already, so
    that no transaction there waits for it."""
    engine = engine_for(target.url)
    try:
        if engine.exists():
            with engine.reading() as connection:
                connection.exec_driver_sql("SELECT 1").scalar()
        with read_and_release():
            judgement = judge(target)
    except FAULTS as error:
        return failed(f"The database can’t be reached: {first_line(error).rstrip('.')}.")
    if not judgement.fits:
        return failed(judgement.sentence)
    return passed("It answers, and its identity is confirmed.")


def measure_schema(target: Target) -> Finding:
    """Whether each live release can serve the revision. Nothing follows from a database that can't
    be read."""
    engine = engine_for(target.url)
    try:
        if not engine.exists():
            return inconclusive("There is no database, so its schema is unknown.")
        with engine.reading() as connection:
            revision = current_revision(connection)
    except (*FAULTS, PortalError):
        return inconclusive("The database can’t be read, so its schema is unknown.")
    with read_and_release():
        releases = {each.release: list(each.serves) for each in leases_of(target)}
    own = release_name()
    wrong = [
        f"release {name[:7]} needs {_needed(target, serves)}"
        for name, serves in (releases or {own: sorted(SERVES)}).items()
        if revision not in serves
    ]
    is_at = f"The database is at {short(revision)}" if revision else "The database has no revision"
    if wrong:
        return failed(f"{is_at}, {'; '.join(wrong)}.")
    if not releases:
        return passed(f"{is_at}, which this release serves; no process serves it now.")
    return passed(f"{is_at}, which release {', '.join(name[:7] for name in releases)} can serve.")


def _needed(target: Target, serves: list[str]) -> str:
    """The newest revision that a release can serve, as far as this code knows them."""
    try:
        head = target.history.head()
    except PortalError:
        head = ""
    if head in serves:
        return short(head)
    return " or ".join(map(short, sorted(serves))) or "another revision"


def short(name: str) -> str:
    """A revision or a release as pages write it."""
    return name if len(name) <= SHORT + 3 else name[:SHORT]
