"""Texts written in the browser: drafts, and every published version of a document."""

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
    """A published text. `base_sha256` is the hash of the file it was based on, if any.

    `settled`: the folder matches this row: it contains the text, or after a withdrawal no file.
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
    def text(self) -> str:
        """As a form shows it: the source may have the line ends and the mark of its file."""
        plain = self.source.removeprefix("\ufeff")
        return plain.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def name(self) -> str:
        """The document's name in the audit log."""
        return f"{self.kind}/{self.slug}"


class DocumentDraft(OpsModel):
    """An unpublished text of one person.

    `slug` is the document's. Drafts stored apart add a tilde and the id of their page: a text
    without an address yet (`~page`), or a draft made on a page that had not seen the person's other
    draft (`outage~page`). `address` is the address as typed, `page` the page that saved it last.
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
        """The hash of the text; a page sends it to say which draft it shows."""
        return sha256(self.source.encode()).hexdigest()
