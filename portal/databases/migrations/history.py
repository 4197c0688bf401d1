"""Alembic histories, read from their files: the directory's, and those of other applications."""

import ast
import hashlib
import inspect
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from weakref import WeakKeyDictionary

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection

from portal.core.configuration.settings import ROOT
from portal.core.errors import Conflict
from portal.core.page import current_page, once_a_page
from portal.databases.engines.sharing import has_table, once_on, whole_file
from portal.databases.migrations.sole_connection import READING, alone

SEVERAL = ", "
"""Between the revisions of a version table that holds more than the one it should."""

State = frozenset[tuple[object, ...]]
_scripts: dict[Path, tuple[State, ScriptDirectory]] = {}
"""What pages have read of each folder, in this process, and in which state it was."""

_ways: WeakKeyDictionary[ScriptDirectory, dict[tuple[str | None, str], tuple["Revision", ...]]]
_ways = WeakKeyDictionary()
"""What was found to stand between a revision and another, in scripts as they were read."""

FOLDER = ROOT / "migrations" / "directory"
"""The directory's own."""
OPS_FOLDER = ROOT / "migrations" / "ops"
"""The control room's."""


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
        return _has_way_back(self.module)

    @property
    def expand(self) -> str | None:
        """Of a contract: the revision that prepared it, where its author names one."""
        return getattr(self.module, "expand", None) if self.contracts else None

    @property
    def sha256(self) -> str:
        """Of the file as it is on the disk now."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()


@lru_cache(maxsize=256)
def _has_way_back(module: ModuleType) -> bool:
    """Of a module as it was read; a file that has changed is read as another one."""
    way_back = getattr(module, "downgrade", None)
    source = inspect.getsource(way_back) if way_back else "pass"
    return "NotImplementedError" not in source and not source.rstrip().endswith("pass")


@dataclass(frozen=True)
class History:
    """The revisions in one Alembic folder. Each question reads the files anew.

    Each raises Conflict where they can't be read: they may be another application's.
    """

    folder: Path

    def config(self) -> Config:
        """With the settings of the `alembic.ini` that belongs to it, where there is one."""
        config = Config(self._ini()) if self._ini() else Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.remove_main_option("prepend_sys_path")  # else each look would prepend to it anew
        return config

    def scripts(self) -> ScriptDirectory:
        """Read anew, but for a page, which has them as read by an earlier one while no file of the
        folder has changed."""
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
        """Of `env.py`, by which its revisions are run, as it is on the disk now."""
        return hashlib.sha256((self.folder / "env.py").read_bytes()).hexdigest()

    def revision(self, name: str) -> Revision:
        with self._readable():
            return described(self.scripts().get_revision(name))

    def knows(self, revision: str | None) -> bool:
        """Whether it holds the revision; it does not when the database is ahead of the code."""
        with self._readable():
            known = {script.revision for script in self.scripts().walk_revisions()}
        return revision is None or revision in known

    def has(self, revision: str) -> bool:
        """Whether that one is in it; False as well where its files can't be read."""
        try:
            return self.knows(revision)
        except Conflict:
            return False

    def pending(self, revision: str | None, to: str = "head") -> list[Revision]:
        """What stands between a database and `to`, in the order in which it will run.

        Raises Conflict when the database is at a revision that this code does not know.
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
        """Beside `env.py`, or above it where it says that it is about this folder."""
        beside, above = (each / "alembic.ini" for each in (self.folder, self.folder.parent))
        if beside.is_file():
            return beside
        if not above.is_file():
            return None
        location = Config(above).get_main_option("script_location") or ""
        return above if (above.parent / location).resolve() == self.folder.resolve() else None

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Files of revisions are programs: whatever is wrong with one is said in a sentence."""
        try:
            with alone(READING):
                yield
        except Conflict:
            raise
        except Exception as error:
            said = what_failed(self.folder, error)
            raise Conflict(f"The history in {self.folder} can't be read: {said}") from error


@once_a_page
def state_of(folder: Path, ini: Path | None) -> State:
    """By what a change of any file in a history's folder shows, without reading them."""
    found = [(each.path, *_facts(each.stat())) for each in _sources_in(folder)]
    if ini:
        found.append((str(ini), *_facts(ini.stat())))
    return frozenset(found)


def _sources_in(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """All files but the compiled ones."""
    with os.scandir(folder) as entries:
        for each in entries:
            if not each.is_dir(follow_symlinks=False):
                yield each
            elif each.name != "__pycache__":
                yield from _sources_in(each.path)


def _facts(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def what_failed(folder: Path, error: BaseException) -> str:
    """What is wrong with a history, by the name of the file in it, where it is one file."""
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
    """Whether it is Python that says which revision it is, and which one it follows."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return False
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    return {"revision", "down_revision"} <= names


def whose(revision: str, own: History) -> str | None:
    """Which of the product's histories a revision is of, when it is not of `own`; for people.

    Both begin with an id “0001”: of that one the tables tell, see `ops_place` and `identity`.
    """
    if own.has(revision):
        return None
    others = {FOLDER: "the directory’s history", OPS_FOLDER: "the control room’s own history"}
    for folder, words in others.items():
        if folder != own.folder and History(folder).has(revision):
            return words
    return None


def _several(revisions: str) -> Conflict:
    """No release brought that: a row was added by hand, or left behind."""
    return Conflict(
        f"The version table alembic_version holds several revisions at once: {revisions}.",
        remedy="Leave the one whose tables are there, by hand, then look again.",
    )


def current_revision(connection: Connection) -> str | None:
    """What the database says of itself; None before its first revision.

    Several at once, which only a hand can have written, come as one name that nobody knows.
    """
    if whole := whole_file(connection):
        return as_one(whole.versions)
    if not has_table(connection, "alembic_version"):
        return None
    return once_on(connection, "revision", revision_there)


def revision_there(connection: Connection) -> str | None:
    """The same where the table of versions is known to be there."""
    heads = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
    return as_one(heads)


def as_one(heads: Iterable[object]) -> str | None:
    """The rows of a version table as the name of one revision."""
    return SEVERAL.join(sorted(map(_as_text, heads))) or None


def _as_text(head: object) -> str:
    """What a hand left there may be no text at all; then it is a revision that nobody knows."""
    return head if isinstance(head, str) else f"({head!r})"


def described(script: Script) -> Revision:
    return Revision(
        id=script.revision,
        title=script.doc,
        phase=str(getattr(script.module, "phase", "contract")),
        file=Path(script.path),
        module=script.module,
    )
