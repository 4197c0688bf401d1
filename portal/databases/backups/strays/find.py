"""Which copies are known to nothing: files among the backups, and what is left in scratch."""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import OPS
from portal.core.errors import PortalError
from portal.databases.backups.catalogue.rows import known_among
from portal.databases.backups.files import folder_of_backups
from portal.databases.backups.scratch import LOCK, scratch_root
from portal.databases.engines.copies import scratch_left
from portal.databases.targets.config import targets, url_of

NAME = re.compile(r"(?P<slug>.+)-\d{4}-\d{2}-\d{2}-\d{6}-[0-9a-f]{4}")
SUFFIXES = {".sqlite3", ".dump"}
PARTIAL = ".partial"
YOUNG = 600.0
"""Seconds for which a file may be on its way into the catalogue."""


@dataclass(frozen=True)
class Stray:
    """A file without a row. `name`: of the backup that it would be."""

    name: str
    file: Path

    @property
    def manifest(self) -> Path:
        return self.file.with_name(f"{self.name}.json")

    @property
    def slug(self) -> str | None:
        return slug_of(self.name)


def slug_of(name: str) -> str | None:
    """Of the database that a backup with this name was taken of; None for another name."""
    found = NAME.fullmatch(name)
    return found["slug"] if found else None


def strays() -> list[Stray]:
    """Copies among the backups that no row names and no process is working on."""
    found = [each for each in _files() if not is_young(each.file)]
    known = known_among({each.name for each in found})
    return [each for each in found if each.name not in known and not _is_at_work(each.slug)]


def left_in_scratch() -> list[Path]:
    """What is in scratch and is not wiped with it: it has no lock, so nothing says whose it is."""
    root = scratch_root()
    found = sorted(root.iterdir()) if root.is_dir() else []
    return [each for each in found if not (each / LOCK).is_file() and not _is_empty(each)
            and not is_young(each)]  # fmt: skip


def left_on_servers() -> Iterator[tuple[str, str]]:
    """Targets, and the scratch databases on their servers that no scratch folder names.

    A name is in its folder before there is such a database. A server that does not answer is asked
    again the next time.
    """
    for name, url in {**{each.name: each.url for each in targets()}, OPS: url_of(OPS)}.items():
        try:
            found = scratch_left(url, scratch_root().glob("copy-*"))
        except (DBAPIError, PortalError):
            continue
        yield from ((name, database) for database in found)


def is_young(file: Path) -> bool:
    """Also if that can't be determined: then it is left alone."""
    try:
        facts = file.lstat()
    except OSError:
        return True
    return not time.time() - max(facts.st_mtime, facts.st_ctime) > YOUNG


def _files() -> list[Stray]:
    folder = folder_of_backups()
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    return [Stray(_name_of(each), each) for each in there if _is_copy(each)]


def _name_of(file: Path) -> str:
    """Of the backup, also for a copy that is still being written."""
    whole = file.name.partition(PARTIAL)[0]
    return whole.removesuffix(Path(whole).suffix)


def _is_copy(file: Path) -> bool:
    if file.name.startswith(".") or file.is_symlink() or not file.is_file():
        return False
    return file.suffix in SUFFIXES or PARTIAL in file.name


def _is_at_work(slug: str | None) -> bool:
    """Whether a backup of that database is being taken; also if that can't be determined."""
    if slug is None:
        return False
    try:
        descriptor = os.open(folder_of_backups() / f".{slug}.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())
