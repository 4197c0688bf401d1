"""Finds the stored images that texts use, and those that no text uses."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.documents.folders.atomic_files import remove_durably
from portal.documents.images.store import images_root, shipped_images_root
from portal.documents.models import DocumentDraft, DocumentVersion

_NAME = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_ADDRESS = re.compile(r"/documents/images/([0-9a-f]{64})\.webp")
#: Images newer than this are never unused: a picture is uploaded before its text is saved.
NEW = timedelta(days=1)


def pictures_in(text: str) -> list[str]:
    """Names of the images whose addresses appear in a text, without duplicates."""
    return list(dict.fromkeys(_ADDRESS.findall(text)))


def unshipped_pictures(text: str) -> list[str]:
    """The images of a text that are stored here only and are not in the repository."""
    here, shipped = images_root(), shipped_images_root()
    return [
        name
        for name in pictures_in(text)
        if (here / f"{name}.webp").is_file() and not (shipped / f"{name}.webp").is_file()
    ]


def unused_pictures(texts: Iterable[str] = ()) -> list[Path]:
    """Files that no document uses: neither a current one, nor a version or draft, nor one of the
    `texts`. When in doubt an image counts as used.
    """
    named = {name for text in (*_texts(), *texts) for name in _NAME.findall(text)}
    old = [path for path in images_root().glob("*.webp") if _kept_at(path) < now() - NEW]
    return sorted(path for path in old if path.stem not in named)


def delete_pictures(paths: Iterable[Path], *, by: Actor) -> None:
    """The caller commits."""
    for path in paths:
        remove_durably(path)
        record("document.picture-deleted", path.stem, by=by)


def _texts() -> Iterable[str]:
    chosen = settings()
    for root in (chosen.incidents_dir, chosen.runbooks_dir, chosen.data / "documents"):
        for path in root.rglob("*.md"):
            yield path.read_text(encoding="utf-8", errors="replace")
    yield from db.session.scalars(select(DocumentVersion.source))
    yield from db.session.scalars(select(DocumentDraft.source))


def _kept_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=now().tzinfo)
