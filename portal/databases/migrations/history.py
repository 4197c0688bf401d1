"""Alembic histories read from files: the directory's, and those of other applications."""

import ast
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection

from portal.core.configuration.settings import ROOT
from portal.core.errors import Conflict
from portal.core.page import cached_per_page, current_page
from portal.databases.engines.sharing import cached_on, has_table, whole_file
from portal.databases.migrations.revision import Revision, described
from portal.databases.migrations.sole_connection import READING, alone

SEVERAL = ", "
"""Separates the revisions of a version table that holds more than one."""

State = frozenset[tuple[object, ...]]
_scripts: dict[Path, tuple[State, ScriptDirectory]] = {}
"""The scripts of each folder as read by this process, with the state the folder was in."""

_ways: WeakKeyDictionary[ScriptDirectory, dict[tuple[str | None, str], tuple["Revision", ...]]]
_ways = WeakKeyDictionary()
"""The revisions between two revisions, by the scripts they were read from."""

FOLDER = ROOT / "migrations" / "directory"
"""The directory's own."""
OPS_FOLDER = ROOT / "migrations" / "ops"
"""The control room's."""


@dataclass(frozen=True)
class History:
    """The revisions in one Alembic folder. Each method reads the files again.

    Each raises Conflict where they can't be read: they may be another application's.
    """

    folder: Path

    def config(self) -> Config:
        """With the settings of its `alembic.ini`, if there is one."""
        config = Config(self._ini()) if self._ini() else Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.remove_main_option("prepend_sys_path")  # else each call would prepend to it again
        return config

    def scripts(self) -> ScriptDirectory:
        """Read from the files; pages share what an earlier page read while no file has changed."""
        return self._kept() if current_page() else self._read()

    def _read(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self.config())

    def _kept(self) -> ScriptDirectory:
        state = state_of(self.folder, self._ini())
        kept = _scripts.get(self.folder)
        if kept is None or kept[0] != state:
            scripts = self._read()
            scripts.get_heads()  # reads all files
            kept = state, scripts
            if all(
                Path(each.path).is_relative_to(self.folder) for each in scripts.walk_revisions()
            ):
                _scripts[self.folder] = kept
        return kept[1]

    def head(self) -> str:
        """Raises Conflict when the history is empty or has several heads."""
        with self._readable():
            heads = self.scripts().get_heads()
        if len(heads) != 1:
            raise Conflict(f"The history in {self.folder} has {len(heads)} heads, not one.")
        return heads[0]

    @property
    def env_sha256(self) -> str:
        """Of `env.py`, which runs the revisions, as it is on disk now."""
        return hashlib.sha256((self.folder / "env.py").read_bytes()).hexdigest()

    def revision(self, name: str) -> Revision:
        with self._readable():
            return described(self.scripts().get_revision(name))

    def knows(self, revision: str | None) -> bool:
        """Whether the revision is in this history; False when the database is ahead of the code."""
        with self._readable():
            known = {script.revision for script in self.scripts().walk_revisions()}
        return revision is None or revision in known

    def has(self, revision: str) -> bool:
        """Whether the revision is in it; False as well where its files can't be read."""
        try:
            return self.knows(revision)
        except Conflict:
            return False

    def pending(self, revision: str | None, to: str = "head") -> list[Revision]:
        """The revisions between a database's and `to`, in the order in which they run.

        Raises Conflict when this code does not know the database's revision.
        """
        with self._readable():
            scripts = self.scripts()
            scripts.get_heads()  # reads all files
            known = _ways.setdefault(scripts, {})
            if (way := known.get((revision, to))) is not None:
                return list(way)
            try:
                found = list(scripts.iterate_revisions(to, revision or "base"))
            except (CommandError, ResolutionError):
                if revision and SEVERAL in revision:
                    raise _several(revision) from None
                if other := whose(str(revision), self):
                    raise Conflict(
                        f"The database is at revision {revision}, which is one of {other}.",
                        remedy="Find out who wrote it into alembic_version, or fix the variable.",
                    ) from None
                raise Conflict(
                    f"The database is at revision {revision}, which this release does not know.",
                    remedy="Deploy the release that brought this revision, then look again.",
                ) from None
            known[revision, to] = tuple(described(script) for script in reversed(found))
            return list(known[revision, to])

    def _ini(self) -> Path | None:
        """Next to `env.py`, or in the parent folder if its `script_location` is this folder."""
        beside, above = (each / "alembic.ini" for each in (self.folder, self.folder.parent))
        if beside.is_file():
            return beside
        if not above.is_file():
            return None
        location = Config(above).get_main_option("script_location") or ""
        return above if (above.parent / location).resolve() == self.folder.resolve() else None

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Revision files are programs that can fail in any way: turn each error into a Conflict."""
        try:
            with alone(READING):
                yield
        except Conflict:
            raise
        except Exception as error:
            said = what_failed(self.folder, error)
            raise Conflict(f"The history in {self.folder} can't be read: {said}") from error


@cached_per_page
def state_of(folder: Path, ini: Path | None) -> State:
    """A fingerprint of a history's files (inode, size, times) that changes with any of them."""
    found = [(each.path, *_facts(each.stat())) for each in _sources_in(folder)]
    if ini:
        found.append((str(ini), *_facts(ini.stat())))
    return frozenset(found)


def _sources_in(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """All files except compiled ones."""
    with os.scandir(folder) as entries:
        for each in entries:
            if not each.is_dir(follow_symlinks=False):
                yield each
            elif each.name != "__pycache__":
                yield from _sources_in(each.path)


def _facts(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def what_failed(folder: Path, error: BaseException) -> str:
    """What is wrong with a history, with the name of the faulty file where it is a single one."""
    found, trace = "", error.__traceback__
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(folder):
            found = f"{file.name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    found = found or next(
        (each.name for each in sorted(folder.glob("versions/*.py")) if not _is_revision(each)), ""
    )
    return f"{found}: {error}" if found and found not in str(error) else str(error)


def _is_revision(file: Path) -> bool:
    """Whether it is Python code that names its revision and the one before it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return False
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    return {"revision", "down_revision"} <= names


def whose(revision: str, own: History) -> str | None:
    """Which other history of the product has the revision, as words for a sentence; None if `own`
    has it, or no other has.

    Both histories have an id “0001”; `ops_address` and `identity` tell them apart by their tables.
    """
    if own.has(revision):
        return None
    others = {FOLDER: "the directory’s history", OPS_FOLDER: "the control room’s own history"}
    for folder, words in others.items():
        if folder != own.folder and History(folder).has(revision):
            return words
    return None


def _several(revisions: str) -> Conflict:
    """No release does that: a row was added by hand, or left over."""
    return Conflict(
        f"The version table alembic_version holds several revisions at once: {revisions}.",
        remedy="Leave the one whose tables are there, by hand, then look again.",
    )


def current_revision(connection: Connection) -> str | None:
    """The database's revision; None before its first one.

    Several revisions, which only manual edits produce, are joined into one name that no history
    has.
    """
    if whole := whole_file(connection):
        return as_one(whole.versions)
    if not has_table(connection, "alembic_version"):
        return None
    return cached_on(connection, "revision", revision_there)


def revision_there(connection: Connection) -> str | None:
    """Like `current_revision`, where the version table is known to exist."""
    heads = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
    return as_one(heads)


def as_one(heads: Iterable[object]) -> str | None:
    """The rows of a version table as the name of one revision."""
    return SEVERAL.join(sorted(map(_as_text, heads))) or None


def _as_text(head: object) -> str:
    """A manual edit may leave a value that is not text: then it is an unknown revision."""
    return head if isinstance(head, str) else f"({head!r})"
