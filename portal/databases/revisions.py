"""The directory's Alembic history, read from its files."""

import hashlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy import inspect as look_at

from portal.core.errors import Conflict
from portal.core.settings import ROOT

FOLDER = ROOT / "migrations" / "directory"


@dataclass(frozen=True)
class Revision:
    """One revision: its id, its first line, whether it expands or contracts, and its file."""

    id: str
    title: str
    phase: str
    file: Path
    module: ModuleType

    @property
    def words(self) -> list[str]:
        """What its author says: the docstring's paragraphs without title and Alembic's lines."""
        text = inspect.cleandoc(self.module.__doc__ or "")
        paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
        return [each for each in paragraphs[1:] if each and not each.startswith("Revision")]

    @property
    def contracts(self) -> bool:
        return self.phase == "contract"

    @property
    def is_reversible(self) -> bool:
        """Whether its author wrote a way back; the rehearsal tries it."""
        source = inspect.getsource(self.module.downgrade)
        return "NotImplementedError" not in source and not source.rstrip().endswith("pass")

    @property
    def expand(self) -> str | None:
        """Of a contract: the revision that prepared it, where its author names one."""
        return getattr(self.module, "expand", None) if self.contracts else None

    @property
    def sha256(self) -> str:
        """Of the file as it is on the disk now."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()


def alembic_config() -> Config:
    return Config(FOLDER / "alembic.ini")


def script_directory() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def head() -> str:
    """Raises CommandError when the history has several heads."""
    return cast(str, script_directory().get_current_head())


def current_revision(connection: Connection) -> str | None:
    """What the database says of itself; None before its first revision.

    Several at once, which only a hand can have written, come as one name that nobody knows.
    """
    if not look_at(connection).has_table("alembic_version"):
        return None
    heads = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
    return ", ".join(sorted(heads)) or None


def revision_named(revision: str) -> Revision:
    return described(script_directory().get_revision(revision))


def is_known(revision: str | None) -> bool:
    """Whether this code has the revision; it has not when the database is ahead of it."""
    return revision is None or revision in {
        script.revision for script in script_directory().walk_revisions()
    }


def pending(revision: str | None, to: str = "head") -> list[Revision]:
    """What stands between a database and `to`, in the order in which it will run.

    Raises Conflict when the database is at a revision that this code does not know.
    """
    try:
        found = list(script_directory().iterate_revisions(to, revision or "base"))
    except (CommandError, ResolutionError):
        raise Conflict(
            f"The database is at revision {revision}, which this release does not know.",
            way_out="Deploy the release that brought this revision, then look again.",
        ) from None
    return [described(script) for script in reversed(found)]


def described(script: Script) -> Revision:
    return Revision(
        id=script.revision,
        title=script.doc,
        phase=str(getattr(script.module, "phase", "contract")),
        file=Path(script.path),
        module=script.module,
    )
