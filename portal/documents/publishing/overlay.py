"""The shipped folder, overlaid by what was published in the browser.

The shipped folder is reviewed and deployed like code and never written to. Published files have the
same paths below `PORTAL_DATA/documents`, and take precedence.
"""

from functools import lru_cache
from pathlib import Path

from portal.core.configuration.settings import settings
from portal.core.errors import Invalid
from portal.documents.document import Document
from portal.documents.folders.contents import Contents, Folder
from portal.documents.folders.folder import DocumentFolder
from portal.documents.models import DocumentKind

#: Folders beside the reports that contain no reports.
NO_REPORTS = ("emails", "images")


class PublishedFolder(Folder):
    """Combines `shipped` and `published`.

    A published file that can't be read still hides the shipped one: a replaced text must not
    reappear without a decision.
    """

    def __init__(self, shipped: DocumentFolder, published: DocumentFolder) -> None:
        self.shipped = shipped
        self.published = published
        self._last: tuple[tuple[Contents, Contents] | None, Contents] = None, Contents({})

    def read(self, slug: str) -> Document | Invalid | None:
        return self.published.read(slug) or self.shipped.read(slug)

    def contents(self) -> Contents:
        """The whole folder; the same object while neither part has changed."""
        parts = self.shipped.contents(), self.published.contents()
        last, whole = self._last
        if last is None or parts[0] is not last[0] or parts[1] is not last[1]:
            both = {**parts[0].by_slug, **parts[1].by_slug}
            whole = Contents({slug: both[slug] for slug in sorted(both)})
            self._last = parts, whole
        return whole


def folder(kind: DocumentKind) -> PublishedFolder:
    """The folder through which the application reads documents of this kind."""
    return _overlay(kind, settings().incidents_dir, settings().data)


def shipped_root(kind: DocumentKind) -> Path:
    return _below(settings().incidents_dir, kind)


def published_root(kind: DocumentKind) -> Path:
    """The path of the published files; it may not exist yet."""
    return _below(settings().data / "documents" / "incidents", kind)


@lru_cache(maxsize=16)
def _overlay(kind: DocumentKind, incidents: Path, data: Path) -> PublishedFolder:
    leave_out = NO_REPORTS if kind is DocumentKind.REPORT else ()
    roots = (_below(incidents, kind), _below(data / "documents" / "incidents", kind))
    shipped, published = (DocumentFolder(root, leave_out=leave_out) for root in roots)
    return PublishedFolder(shipped, published)


def _below(incidents: Path, kind: DocumentKind) -> Path:
    return incidents / "emails" if kind is DocumentKind.TEMPLATE else incidents
