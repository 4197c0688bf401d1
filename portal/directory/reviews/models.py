"""What the tables `reviews` and `review_responses` have no columns for."""

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import ModerationModel, UtcDateTime
from portal.directory.models import NEVER_GIVEN_TWICE, Review
from portal.directory.users.models import UNSEEN, At, UserKey, Uuid

PENDING = text("status = 'pending'")
Index(
    "ix_reviews_waiting",
    *(Review.created_at, Review.id),
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
"""What waits for staff in `reviews`, so that their queue reads no others."""


class OwnReview(ModerationModel):
    """A person's one review of a studio: the unique key decides between two at once.

    `review_number` is the id in `reviews`. An edit of what is approved waits here, and the
    approved words stay on the page until it is decided on. Numbers have no foreign keys: rows
    refer to `users` alone.
    """

    __tablename__ = "site_reviews"
    __table_args__ = (
        UniqueConstraint("user_id", "studio_number"),
        {**NEVER_GIVEN_TWICE, **UNSEEN},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UserKey]
    studio_number: Mapped[int] = mapped_column(index=True)
    review_number: Mapped[int | None] = mapped_column(unique=True)
    submitted_at: Mapped[At] = mapped_column(default=now)
    new_rating: Mapped[int | None]
    new_content: Mapped[str | None] = mapped_column(Text)
    new_is_anonymous: Mapped[bool | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    refused_because: Mapped[str | None] = mapped_column(String(300))
    """Why the last words that were submitted are not shown."""


class ReviewRecord(ModerationModel):
    """A review whose studio was deleted with its owner's account: out of sight, kept for its
    author until their own account is deleted."""

    __tablename__ = "site_review_records"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    user_id: Mapped[UserKey]
    studio_number: Mapped[int]
    studio_name: Mapped[str] = mapped_column(String(200))
    rating: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(40))
    written_at: Mapped[At]
    removed_at: Mapped[At] = mapped_column(default=now)
