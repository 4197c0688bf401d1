"""Whether a cached page may be served, checked with its database each time.

It checks what `readiness` checks before a page is rendered: the lease, the identity, the revision,
maintenance; and the version of the page's content. Only a definite yes permits serving it.

Writes that bypass the product (a database prompt, a release without versions) raise no number.
SQLite reports that there was a commit; if no number explains it, nothing that was cached before is
served. PostgreSQL reports nothing, and neither engine does if both kinds of writes coincide. So no
page is served for longer than `LONGEST` seconds unless there was no write at all.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from sqlalchemy.engine import URL

from portal.core.configuration.settings import Environment, Settings, sqlite_path
from portal.core.storage.database import DirectoryModel, site_tables
from portal.databases.engines.asking import Answer, Asker
from portal.databases.engines.postgresql.asking import PostgresqlAsker
from portal.databases.engines.sqlite.asking import SqliteAsker
from portal.databases.targets import readiness
from portal.databases.targets.config import APPLICATION
from portal.jobs.leases.holder import may_serve

LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class ContentVersion:
    """`key` is equal as long as the page is the same; `moved` as long as there was no write, and
    None if that isn't known.
    """

    key: tuple[Hashable, ...]
    moved: Hashable | None


class VersionAsker:
    """One for each process; cheap, and safe to call from any thread and from an event loop."""

    def __init__(self, settings: Settings) -> None:
        self._environment = settings.env
        self._asker = asker_for(settings.directory_url)

    def ask(self, studio: int | None = None) -> ContentVersion | None:
        """The version of a studio's page, or of the lists; None if nothing may be served."""
        if not may_serve():
            return None
        answer = self._asker.ask(studio or 0)
        if answer is None or not _is_fit(answer, self._environment):
            return None
        lists, every, _unseen, own = answer.row[9:13]
        number = lists if studio is None else (every, own)
        identity = answer.row[3], answer.row[5], answer.row[7]
        return ContentVersion((answer.place, *identity, number, answer.unannounced), answer.moved)

    def close(self) -> None:
        self._asker.close()


def asker_for(url: URL) -> Asker:
    needed = DirectoryModel.metadata.tables.keys() - site_tables()
    tables = [name for name in needed if not name.startswith("derived_")]
    file = sqlite_path(url)
    return PostgresqlAsker(url, tables) if file is None else SqliteAsker(file, tables)


def _is_fit(answer: Answer, environment: Environment) -> bool:
    labels, application, named, _, versions, revision, epochs, epoch, notices, *_ = answer.row
    return (
        answer.has_tables
        and (labels, versions, epochs, notices) == (1, 1, 1, 0)
        and (application, named) == (APPLICATION, environment.value)
        and readiness.serves(revision)
        and bool(epoch)
    )
