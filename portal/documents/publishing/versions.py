"""Published versions of a document, and their relation to the shipped file."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, scoped_session

from portal.core.errors import NotFound
from portal.core.page import cached_per_page
from portal.core.storage.database import db, reading
from portal.documents.models import DocumentKind, DocumentVersion
from portal.documents.publishing.overlay import folder
from portal.documents.publishing.sources import Source, published_source, shipped_source

AnySession = Session | scoped_session[Any]


@dataclass(frozen=True)
class PublicationState:
    """The state of a document: shipped, published or both, and its versions, newest first."""

    kind: DocumentKind
    slug: str
    shipped: Source | None
    published: Source | None
    versions: list[DocumentVersion]

    @property
    def latest(self) -> DocumentVersion | None:
        return self.versions[0] if self.versions else None

    @property
    def differs(self) -> bool:
        """Whether the published text differs from the repository's."""
        return self.published is not None and self.published != self.shipped

    @property
    def is_in_repository(self) -> bool:
        """Whether the published text has been shipped since, so that the published file is
        redundant.
        """
        return self.published is not None and self.published == self.shipped

    @property
    def shown(self) -> DocumentVersion | None:
        """The version that is shown at present; None if the file matches no version."""
        if self.published is None:
            return None
        same = (each for each in self.versions if each.sha256 == self.published.sha256)
        return next(same, None)

    @property
    def was_changed_by_hand(self) -> bool:
        """Whether the file differs from the last published version and no publication is
        unfinished.
        """
        if self.latest is None:
            return self.published is not None
        wanted = None if self.latest.is_withdrawn else self.latest.sha256
        return self.latest.settled and wanted != (self.published and self.published.sha256)


def publication_state(kind: DocumentKind, slug: str) -> PublicationState:
    return PublicationState(
        kind=kind,
        slug=slug,
        shipped=shipped_source(kind, slug),
        published=published_source(kind, slug),
        versions=versions_of(kind, slug),
    )


@cached_per_page
def versions_of(kind: DocumentKind, slug: str) -> list[DocumentVersion]:
    """Newest first."""
    return list(db.session.scalars(_ALL, {"kind": kind, "slug": slug}))


def version_numbered(kind: DocumentKind, slug: str, number: int) -> DocumentVersion:
    """Raises NotFound."""
    query = _newest_first(kind, slug).where(DocumentVersion.number == number)
    if (found := db.session.scalar(query)) is None:
        raise NotFound("There is no such version of this text.")
    return found


def latest_version(session: AnySession, kind: DocumentKind, slug: str) -> DocumentVersion | None:
    """The newest version, locked until the transaction ends, which serialises publications."""
    query = _newest_first(kind, slug).limit(1).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def unsettled() -> list[tuple[DocumentKind, str]]:
    """The documents whose folder may not yet match what was published or withdrawn."""
    query = select(DocumentVersion.kind, DocumentVersion.slug).distinct()
    with reading(), Session(db.engines["ops"]) as session:
        rows = session.execute(query.where(DocumentVersion.settled.is_(False)))
        return [(row.kind, row.slug) for row in rows]


def withdrawn(kind: DocumentKind) -> list[str]:
    """Slugs of documents that were published and are no longer shown."""
    query = select(DocumentVersion.slug).where(DocumentVersion.kind == kind).distinct()
    slugs, there = db.session.scalars(query.order_by(DocumentVersion.slug)), folder(kind).contents()
    return [slug for slug in slugs if slug not in there.by_slug]


def _newest_first(kind: DocumentKind, slug: str) -> Select[DocumentVersion]:
    of_it = (DocumentVersion.kind == kind, DocumentVersion.slug == slug)
    return select(DocumentVersion).where(*of_it).order_by(DocumentVersion.number.desc())


_ALL = (
    select(DocumentVersion)
    .where(DocumentVersion.kind == bindparam("kind"), DocumentVersion.slug == bindparam("slug"))
    .order_by(DocumentVersion.number.desc())
)
