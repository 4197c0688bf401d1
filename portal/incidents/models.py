"""Shares of reports, readings and their confirmations, questions, and private links."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Account, Contact
from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word


class Way(StrEnum):
    """How a report was read."""

    PAGE = "page"
    PDF = "pdf"
    LINK = "link"


class PrivateLink(OpsModel):
    """Opens one report for one contact without a login. Only the hash of its token is stored.

    `held_at`: the message with the link waits for another attempt, and until then it opens nothing.
    """

    __tablename__ = "private_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[str | None]
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contact: Mapped[Contact] = relationship()

    @property
    def is_open(self) -> bool:
        return self.withdrawn_at is None and self.held_at is None and now() < self.expires_at


class ReportReading(OpsModel):
    """One opening of a report: by a logged-in account, or through a private link.

    `sha256` is the document's hash, which identifies the text that was read.
    """

    __tablename__ = "report_readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str]
    way: Mapped[Way] = mapped_column(word(Way))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("private_links.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account | None] = relationship()
    link: Mapped[PrivateLink | None] = relationship()


class ReadingConfirmation(OpsModel):
    """A client's confirmation that they have read a text."""

    __tablename__ = "reading_confirmations"
    __table_args__ = (UniqueConstraint("slug", "sha256", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account] = relationship()


class Question(OpsModel):
    """A client's question about a report, and its answer."""

    __tablename__ = "questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    answered_by: Mapped[str | None]

    account: Mapped[Account] = relationship()

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


class ReportShare(OpsModel):
    """A report as it was shared with clients: they read this text even if the file changes.
    `ended_at` is None for the open share; there is at most one.

    `sha256` is the file's hash at that time. The names of who shared and who ended it are kept.
    """

    __tablename__ = "report_shares"
    __table_args__ = (
        Index(
            "uq_report_shares_open",
            "slug",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    sha256: Mapped[str]
    source: Mapped[str] = mapped_column(Text, deferred=True)
    shared_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    shared_by_id: Mapped[int | None]
    shared_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None]
    ended_by: Mapped[str | None]


class UnsharedReports(OpsModel):
    """The reports that clients could read until staff became the default; a single row, written
    once.

    `slugs` are as found then; `decided_at` is when somebody left the remaining ones with staff.
    """

    __tablename__ = "unshared_reports"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    slugs: Mapped[list[str]] = mapped_column(JSON)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None]
