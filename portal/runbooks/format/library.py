"""The folder of runbooks in its current state; each file is parsed once until it changes."""

import logging
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from portal.core.configuration.settings import settings
from portal.core.errors import Invalid, NotFound
from portal.documents.document import Document
from portal.documents.folders.contents import cached_from
from portal.documents.folders.folder import DocumentFolder
from portal.runbooks.format.parse import Runbook, read_runbook

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Library:
    """Every runbook of the folder, by path, and why the other files can't be read."""

    runbooks: list[Runbook]
    unreadable: list[Invalid]

    @cached_property
    def by_title(self) -> list[Runbook]:
        """Runbooks ordered by folder, then by title."""
        return sorted(self.runbooks, key=lambda each: (each.folder, each.title.lower()))


def runbook_named(runbook_id: str) -> Runbook:
    """Raises NotFound, or Invalid with file and line."""
    found = cached_from(_folder(settings().runbooks_dir).get(runbook_id), _read)
    if found is None:
        raise NotFound("This runbook is no longer in its folder.")
    if isinstance(found, Invalid):
        raise found
    return found


def library(root: Path | None = None) -> Library:
    """The parsed folder; the same object while nothing has changed."""
    contents = _folder(root or settings().runbooks_dir).contents()
    known: Library | None = contents.made.get(Library)
    if known:
        return known
    read = [cached_from(document, _read) for document in contents.documents]
    invalid = [found for found in read if isinstance(found, Invalid)]
    runbooks = [found for found in read if isinstance(found, Runbook)]
    found = Library(runbooks, [*contents.problems, *invalid])
    if len(runbooks) + len(invalid) == len(read):  # else a file changed: read again
        contents.made[Library] = found
    return found


def _read(document: Document) -> Runbook | Invalid | None:
    """None when the file was removed or changed since the document was read."""
    try:
        source = document.path.read_bytes() if document.path else b""
        return _of_this_text(read_runbook(source, document.slug), document)
    except OSError:
        return None
    except Invalid as error:
        return error
    except Exception:  # one unreadable file never fails the list
        _log.exception("The runbook %s can't be read", document.slug)
        return Invalid(f"{document.name}, line 1: the runbook can't be read.")


def _of_this_text(runbook: Runbook, document: Document) -> Runbook | None:
    return runbook if runbook.sha256 == document.sha256 else None


@lru_cache(maxsize=8)
def _folder(root: Path) -> DocumentFolder:
    return DocumentFolder(root)
