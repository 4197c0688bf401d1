"""What a process learns of the ops database as it renews its lease: its revision, and when it was
silent. So no page has to ask."""

import logging

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from portal.core.durations import duration

NOT_SET_UP = ""
"""There is a database, and no control room in it."""
LONGEST = 8.0
"""Seconds between two renewals that may pass without a word."""
_QUESTION = text("SELECT version_num FROM alembic_version")

log = logging.getLogger(__name__)


class OpsContact:
    """`revision`: None while it is unknown."""

    def __init__(self) -> None:
        self.revision: str | None = None
        self._answered: float | None = None

    def answered(self, at: float) -> None:
        """Logs that it answers again; each failed renewal logged why it did not."""
        before, self._answered = self._answered, at
        if before is not None and at - before > LONGEST:
            silent = duration(at - before)
            log.info("The control room's database answers again, after %s.", silent)

    def was_silent(self, engine: Engine) -> None:
        """The lease could not be written, maybe only because this release's tables are missing."""
        self.revision = asked_revision(engine)


def revision_on(connection: Connection) -> str:
    """Raises the database's own error if it has no version table."""
    found = connection.execute(_QUESTION).scalars().all()
    return ", ".join(sorted(map(str, found))) or NOT_SET_UP


def asked_revision(engine: Engine) -> str | None:
    """None if the database does not answer."""
    try:
        with engine.execution_options(only_reads=True).connect() as connection:
            return revision_on(connection)
    except DBAPIError as error:
        return NOT_SET_UP if _has_no_table(error) else None
    except SQLAlchemyError:
        return None


def _has_no_table(error: DBAPIError) -> bool:
    undefined = getattr(error.orig, "sqlstate", None) == "42P01"
    return undefined or "no such table" in str(error.orig)
