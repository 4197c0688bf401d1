"""The source text of a document's file, for editing."""

from dataclasses import dataclass
from hashlib import sha256

from portal.core.errors import Invalid, NotFound
from portal.documents.folders.folder import DocumentFolder
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import folder


@dataclass(frozen=True)
class Source:
    """A file on disk, whether or not it can be parsed as a document."""

    raw: bytes

    @property
    def sha256(self) -> str:
        return sha256(self.raw).hexdigest()

    @property
    def text(self) -> str:
        """With line ends as in form data. Raises Invalid if it is not UTF-8."""
        try:
            return same_line_ends(self.raw.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise Invalid(
                "This file is not UTF-8 text, so it can’t be changed here.",
                remedy="Save it as UTF-8 in the repository.",
            ) from None


def source_of(kind: DocumentKind, slug: str) -> Source:
    """The file shown at present: the published one, else the shipped one. Raises NotFound."""
    found = published_source(kind, slug) or shipped_source(kind, slug)
    if found is None:
        raise NotFound(f"There is no document named {slug!r}.")
    return found


def current_source(kind: DocumentKind, slug: str) -> Source | None:
    return published_source(kind, slug) or shipped_source(kind, slug)


def published_source(kind: DocumentKind, slug: str) -> Source | None:
    return _read(folder(kind).published, slug)


def shipped_source(kind: DocumentKind, slug: str) -> Source | None:
    return _read(folder(kind).shipped, slug)


def same_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(documents: DocumentFolder, slug: str) -> Source | None:
    path = documents.path_of(slug)
    try:
        return Source(path.read_bytes()) if path else None
    except FileNotFoundError:  # withdrawn meanwhile
        return None
