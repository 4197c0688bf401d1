"""What is written in the browser: drafts, and every published version of a document."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word


class DocumentKind(StrEnum):
    REPORT = "report"
    TEMPLATE = "template"


class DocumentVersion(OpsModel):
    """A text as it was published. `base_sha256` is of the file it was written from, if any.

    `settled`: the folder shows what this row says: the text, or its absence once it is withdrawn.
    """

    __tablename__ = "document_versions"
    __table_args__ = (UniqueConstraint("kind", "slug", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind] = mapped_column(word(DocumentKind))
    slug: Mapped[str]
    number: Mapped[int]
    source: Mapped[str] = mapped_column(Text, deferred=True)
    sha256: Mapped[str]
    base_sha256: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    published_by_id: Mapped[int | None]
    published_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[str | None]
    settled: Mapped[bool] = mapped_column(default=False)

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def name(self) -> str:
        """What the audit log calls the document."""
        return f"{self.kind}/{self.slug}"


class DocumentDraft(OpsModel):
    """What one person has written and not yet published.

    `slug` is the document's, and behind a tilde the page's where the words stand apart: those of a
    text without an address yet (`~page`), and those that another page of the same person had not
    seen (`outage~page`). `address` is what was typed as one, `page` wrote these words last.
    """

    __tablename__ = "document_drafts"
    __table_args__ = (UniqueConstraint("kind", "slug", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind] = mapped_column(word(DocumentKind))
    slug: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    source: Mapped[str] = mapped_column(Text, deferred=True)
    base_sha256: Mapped[str | None]
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    note: Mapped[str | None]
    address: Mapped[str | None]
    page: Mapped[str | None]

    @property
    def sha256(self) -> str:
        """Of the words, by which a page says which ones it knows."""
        return sha256(self.source.encode()).hexdigest()
