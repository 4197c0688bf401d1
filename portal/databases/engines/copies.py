"""How each engine is copied: out into a backup file, back into the live one, into scratch."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from portal.core.errors import Refused
from portal.core.settings import sqlite_path, sqlite_url
from portal.databases.engines import sqlite_copy
from portal.databases.engines.sqlite_copy import Content, Watch, sha256_of

__all__ = ["Content", "SqliteCopier", "copier_for", "sha256_of"]


@dataclass(frozen=True)
class SqliteCopier:
    """Copies of one SQLite database. Errors are those of `sqlite_copy`."""

    file: Path
    suffix = ".sqlite3"

    def snapshot(self, to: Path, *, watch: Watch | None = None) -> Content:
        return sqlite_copy.snapshot(self.file, to, watch=watch)

    def restore(self, backup: Path, *, watch: Watch | None = None) -> None:
        sqlite_copy.restore(backup, self.file, watch=watch)

    def scratch(self, backup: Path, folder: Path) -> tuple[URL, Content]:
        """The address of a private copy inside `folder`, and what it holds."""
        to = folder / f"scratch{self.suffix}"
        content = sqlite_copy.scratch_copy(backup, to)
        return sqlite_url("scratch", URL.create("sqlite", database=str(to))), content

    def require_sound(self) -> None:
        """Raises Refused when SQLite finds the live file damaged."""
        sqlite_copy.require_sound_file(self.file)

    def content(self) -> Content:
        return sqlite_copy.content_of_file(self.file)


def copier_for(url: URL) -> SqliteCopier:
    """Raises Refused for an engine whose copies this release can't make."""
    file = sqlite_path(url) if url.get_backend_name() == "sqlite" else None
    if file is None:
        raise Refused(
            "Backups of PostgreSQL are not built yet.",
            way_out="Nothing that changes this database may run without one.",
        )
    return SqliteCopier(file)
