"""The connection of a search's page, opened only for what the process has not been told yet.

Whoever is told everything from memory has asked the version in this request, and with it lease,
identity, revision and maintenance. Whoever opens the connection asks again in its transaction.
"""

from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Dialect, Executable

from portal.core.page import current_page
from portal.core.storage.database import db
from portal.databases.targets.readiness import require_fit
from portal.directory.derived.state import is_kept_on
from portal.directory.index.writing import SEARCH
from portal.directory.kept.memory import told

_OPENED = "directory.opened"


class OutOfDate(Exception):
    """The search's index was whole for this version, and is not whole any more."""


def directory() -> Connection:
    """The session's connection. Raises Unavailable if it may not be served, and OutOfDate."""
    page, remembered = current_page(), told()
    if page and remembered and not page.answers.get(_OPENED):
        require_fit()
        if remembered.is_indexed and not is_kept_on(db.session.connection(), SEARCH):
            raise OutOfDate
        page.answers[_OPENED] = True
    return db.session.connection()


def session() -> Any:
    """The session, once `directory` was asked."""
    directory()
    return db.session


def is_indexed() -> bool:
    """Whether the index of the search is whole, for the page's version."""
    remembered = told()
    if remembered is None:
        return is_kept_on(directory(), SEARCH)
    if remembered.is_indexed is None:
        remembered.is_indexed = is_kept_on(directory(), SEARCH)
    return remembered.is_indexed


class _Late:
    """As much of a connection as a search needs."""

    @property
    def dialect(self) -> Dialect:
        return db.engine.dialect

    def execute(self, *asked: Any) -> CursorResult[*tuple[Any, ...]]:
        return directory().execute(cast(Executable, asked[0]), *asked[1:])


def late_connection() -> Connection:
    """Opened when it is first asked something."""
    return cast(Connection, _Late())
