"""Uploaded files and what is known of each, in a folder of PORTAL_DATA: see `Upload`.

Every process of the product finds them there. A file is deleted when it is discarded, and 30 days
after it was uploaded.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.core.files.private import open_private, write_whole
from portal.directory.imports.reading.proposing import Mapping

FOLDER = "imports"
KEPT = timedelta(days=30)
CONTENT, ABOUT, VERDICTS, LOCK = "content", "import.json", "verdicts.json", "lock"
GONE = "This file is not here any more: it was deleted after 30 days."


@dataclass
class Options:
    """What a person chooses beside the columns. `status`: of new studios without one of their own:
    “draft”, or “published” for those that lack nothing. `updates`: studios that are known by their
    key and differ are changed."""

    status: str = "draft"
    updates: bool = True
    shows_phone: bool = False
    shows_address: bool = False


@dataclass
class Upload:
    """`samples`: of each column, the first cells that are not empty; `accents`: cells with letters
    by which a wrong encoding is seen. `choices`: by line, what becomes of a row that is doubtful.
    `counts`: of the dry run, which was made for `checked_as`. `asked_at`: when the import was asked
    for; `ended`: what became of it."""

    id: str
    environment: str
    name: str
    size: int
    uploaded_at: str
    by_name: str
    encoding: str = "utf-8"
    why: str = ""
    delimiter: str = ","
    has_headings: bool = True
    headings: list[str] = field(default_factory=list)
    samples: list[list[str]] = field(default_factory=list)
    accents: list[str] = field(default_factory=list)
    rows: int = 0
    mapping: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=lambda: asdict(Options()))
    choices: dict[str, str] = field(default_factory=dict)
    is_mapped: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    checked_at: str | None = None
    asked_at: str | None = None
    ended: dict[str, Any] = field(default_factory=dict)
    discarded_at: str | None = None

    @property
    def columns(self) -> Mapping:
        return {int(place): name for place, name in self.mapping.items()}

    @property
    def chosen(self) -> Options:
        return Options(**self.options)

    @property
    def state(self) -> str:
        if self.discarded_at:
            return "discarded"
        if self.asked_at:
            return "imported" if self.ended else "importing"
        return "checked" if self.checked_at else "uploaded"

    @property
    def uploaded(self) -> datetime:
        return datetime.fromisoformat(self.uploaded_at)

    @property
    def deleted_on(self) -> datetime:
        return self.uploaded + KEPT

    @property
    def marked(self) -> str:
        """What a dry run depends on: it counts for nothing else."""
        about = [self.encoding, self.delimiter, self.has_headings, self.mapping, self.options]
        return sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def new_upload(name: str, size: int, *, by_name: str) -> Upload:
    return Upload(
        id=str(uuid4()),
        environment=settings().env.value,
        name=name,
        size=size,
        uploaded_at=now().isoformat(),
        by_name=by_name,
    )


def keep_content(upload: Upload, content: bytes) -> None:
    write_whole(_folder(upload.id) / CONTENT, content)


def content_of(upload: Upload) -> bytes:
    """Raises NotFound."""
    try:
        return (_folder(upload.id) / CONTENT).read_bytes()
    except OSError:
        raise NotFound(GONE, remedy="Upload it again.") from None


def keep(upload: Upload) -> None:
    write_whole(_folder(upload.id) / ABOUT, json.dumps(asdict(upload)).encode())


def upload_with(number: str) -> Upload:
    """Of the directory that this process serves. Raises NotFound."""
    found = _read(number)
    if found is None or found.environment != settings().env.value:
        raise NotFound(
            "There is no such file of studios.", remedy="It may have been deleted after 30 days."
        )
    return found


@contextmanager
def changing(number: str) -> Iterator[Upload]:
    """What is known of the file by now, kept at the end; other processes wait. Raises NotFound."""
    upload_with(number)
    descriptor = open_private(_folder(number) / LOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        upload = upload_with(number)
        yield upload
        keep(upload)
    finally:
        os.close(descriptor)


def uploads() -> list[Upload]:
    """Of this directory, newest first."""
    mine = (each for each in all_uploads() if each.environment == settings().env.value)
    return sorted(mine, key=lambda each: each.uploaded_at, reverse=True)


def all_uploads() -> Iterator[Upload]:
    folder = settings().data / FOLDER
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if found := _read(each.name):
            yield found


def keep_verdicts(upload: Upload, verdicts: list[Any]) -> None:
    write_whole(_folder(upload.id) / VERDICTS, json.dumps(verdicts).encode())


def verdicts_of(upload: Upload) -> list[Any]:
    """Raises NotFound where there was no dry run."""
    try:
        found: list[Any] = json.loads((_folder(upload.id) / VERDICTS).read_bytes())
    except (OSError, ValueError):
        raise NotFound("The dry run is not here any more.", remedy="Run it again.") from None
    return found


def discard_files(upload: Upload) -> None:
    """What it is called stays in the list for the rest of the 30 days."""
    for name in (CONTENT, VERDICTS):
        (_folder(upload.id) / name).unlink(missing_ok=True)


def delete_old(at: datetime) -> int:
    """Those whose time is over, but one that is being imported. Returns how many it were."""
    old = [each for each in all_uploads() if each.deleted_on < at and each.state != "importing"]
    for each in old:
        shutil.rmtree(_folder(each.id), ignore_errors=True)
    return len(old)


def _folder(number: str) -> Path:
    """Raises NotFound for what is no id: it is part of a path."""
    try:
        return settings().data / FOLDER / str(UUID(number))
    except ValueError:
        raise NotFound("There is no such file of studios.") from None


def _read(number: str) -> Upload | None:
    try:
        return Upload(**json.loads((_folder(number) / ABOUT).read_bytes()))
    except (OSError, ValueError, TypeError, NotFound):
        return None
