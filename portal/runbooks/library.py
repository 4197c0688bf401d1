"""The folder of runbooks: read from disk as they are now."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.core.errors import Invalid, NotFound
from portal.core.settings import settings
from portal.documents.document import Document
from portal.documents.folder import DocumentFolder
from portal.runbooks.format import Runbook, parse_runbook


@dataclass(frozen=True)
class Library:
    """Every runbook of the folder, by path, and why the other files can't be read."""

    runbooks: list[Runbook]
    unreadable: list[Invalid]


def runbook_named(runbook_id: str) -> Runbook:
    """Raises NotFound, or Invalid with file and line."""
    return _read(_folder(settings().runbooks_dir).get(runbook_id))


def library(root: Path | None = None) -> Library:
    folder = _folder(root or settings().runbooks_dir)
    found: list[Runbook] = []
    unreadable = list(folder.problems())
    for document in folder.documents():
        try:
            found.append(_read(document))
        except NotFound:
            continue
        except Invalid as error:
            unreadable.append(error)
    return Library(found, unreadable)


def _read(document: Document) -> Runbook:
    try:
        source = document.path.read_bytes() if document.path else b""
    except OSError:
        raise NotFound("This runbook is no longer in its folder.") from None
    return parse_runbook(source, document.slug)


@lru_cache(maxsize=8)
def _folder(root: Path) -> DocumentFolder:
    return DocumentFolder(root)
