"""The connection of a search's page, opened only for what the process does not remember.

A page that is answered from memory has asked for the version in its request, and with it for lease,
identity, revision and maintenance. One that opens the connection asks again in its transaction.
"""

from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Dialect, Executable

from portal.core.page import current_page
from portal.core.storage.database import db
from portal.databases.targets.readiness import require_fit
from portal.directory.derived.state import is_kept_on
from portal.directory.index.writing import SEARCH
from portal.directory.kept.memory import remembered

_OPENED = "directory.opened"


class OutOfDate(Exception):
    """The search's index was whole for this version, and is not whole any more."""


def directory() -> Connection:
    """The session's connection. Raises Unavailable if it may not be served, and OutOfDate."""
    page, known = current_page(), remembered()
    if page and known and not page.answers.get(_OPENED):
        require_fit()
        if known.is_indexed and not is_kept_on(db.session.connection(), SEARCH):
            raise OutOfDate
        page.answers[_OPENED] = True
    return db.session.connection()


def session() -> Any:
    """The session, once `directory` was asked."""
    directory()
    return db.session


def is_indexed() -> bool:
    """Whether the index of the search is whole, for the page's version."""
    known = remembered()
    if known is None:
        return is_kept_on(directory(), SEARCH)
    if known.is_indexed is None:
        known.is_indexed = is_kept_on(directory(), SEARCH)
    return known.is_indexed


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
