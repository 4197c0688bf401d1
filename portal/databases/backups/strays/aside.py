"""What was set aside: a private folder, from which a copy goes only by being wiped."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import OPS, settings
from portal.core.errors import NotFound, Unavailable
from portal.core.files.private import write_whole
from portal.databases.backups.strays.find import PARTIAL, slug_of
from portal.databases.engines.copies import close_scratch, drop_one_scratch
from portal.databases.targets.config import targets, url_of

ON_SERVER = ".database"
LEFT_ON_SERVER = "A scratch database that no scratch folder names."
PATIENCE = timedelta(days=14)
MARK = "%Y%m%dT%H%M%SZ-"
"""When it was set aside, in front of the file's name."""
MARKED = len("20261130T104500Z-")


@dataclass(frozen=True)
class Aside:
    file: Path
    since: datetime

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def target(self) -> str | None:
        """Whose copy its name says it is; None where that is nothing known here."""
        if self.is_on_server:
            return _text_of(self.file)
        plain = self.name[MARKED:].partition(PARTIAL)[0]
        slug = slug_of(plain.removesuffix(Path(plain).suffix) if "." in plain else plain)
        names = {each.name.replace("/", "-"): each.name for each in targets()} | {OPS: OPS}
        return names.get(slug or "")

    @property
    def is_on_server(self) -> bool:
        """Whether the file only names a database on the server of its target."""
        return self.file.suffix == ON_SERVER

    @property
    def database(self) -> str:
        return self.name[MARKED:].removesuffix(ON_SERVER)

    @property
    def sentence(self) -> str:
        return (
            f"{self.name} is a copy that the catalogue does not know, set aside on"
            f" {self.since:%Y-%m-%d %H:%M} UTC in {folder_aside()}. Look at what it is, then wipe"
            f" it: flask databases set-aside --wipe {self.name}"
        )


def folder_aside() -> Path:
    return settings().data / "backups" / "set-aside"


def all_aside() -> list[Aside]:
    """The oldest first. A file that a person put there counts from its own time."""
    folder = folder_aside()
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    return sorted((Aside(each, _since(each)) for each in there if each.suffix != ".json"),
                  key=lambda each: each.since)  # fmt: skip


def set_aside(path: Path, *, by: Actor, why: str, manifest: Path | None = None) -> Path:
    """Move it there, for this user alone; with its `manifest`, if it has one.

    The caller commits. Raises Unavailable.
    """
    folder = folder_aside()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close(path)
        to = folder / f"{now():{MARK}}{path.name}"
        path.rename(to)
        if manifest and manifest.is_file():
            _close(manifest)
            manifest.rename(to.with_suffix(".json"))
    except OSError as error:
        raise Unavailable(f"{path} can’t be set aside: {error.strerror}.") from error
    record("backup.set-aside", to.name, by=by, reason=why)
    return to


def set_database_aside(target: str, database: str, *, by: Actor) -> Path:
    """Let no session into a scratch database, and note it among what is set aside.

    The caller commits. Raises Unavailable.
    """
    close_scratch(url_of(target), database)
    to = folder_aside() / f"{now():{MARK}}{database}{ON_SERVER}"
    try:
        write_whole(to, target.encode())
    except OSError as error:
        raise Unavailable(f"{to} can’t be written: {error.strerror}.") from error
    record("backup.set-aside", to.name, by=by, target=target, reason=LEFT_ON_SERVER)
    return to


def aside_named(name: str) -> Aside:
    """Raises NotFound."""
    found = next((each for each in all_aside() if each.name == name), None)
    if found is None:
        raise NotFound(f"Nothing named “{name}” is set aside.")
    return found


def wipe(found: Aside, *, by: Actor, why: str) -> None:
    """The caller commits. Raises Unavailable."""
    target = found.target  # its file says so
    if found.is_on_server and target:
        drop_one_scratch(url_of(target), found.database)
    try:
        if found.file.is_dir() and not found.file.is_symlink():
            shutil.rmtree(found.file)
        else:
            found.file.unlink(missing_ok=True)
        found.file.with_suffix(".json").unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{found.file} can’t be wiped: {error.strerror}.") from error
    record("backup.wiped", found.name, by=by, target=target, reason=why)


def _close(path: Path) -> None:
    """Modes first, so that it is private at its old place as well."""
    if path.is_symlink():
        return
    for each in [path, *(path.rglob("*") if path.is_dir() else ())]:
        if not each.is_symlink():
            each.chmod(0o700 if each.is_dir() else 0o600)


def _text_of(file: Path) -> str | None:
    try:
        name = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if name in {OPS, *(each.name for each in targets())} else None


def _since(file: Path) -> datetime:
    try:
        return datetime.strptime(file.name[:MARKED], MARK).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(file.lstat().st_ctime, UTC)
