"""What owners add to their studio, in tables that an expand added.

Rows refer to `users` alone, since a person has one studio: they survive a downgrade of the
consolidation, which makes a new table of studios.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import SiteModel, UtcDateTime
from portal.directory.models import NEVER_GIVEN_TWICE
from portal.directory.users.models import UNSEEN, Address, At, UserKey, Uuid


class StudioDetails(SiteModel):
    """A person's studio has at most one row; without it, the defaults apply.

    `hidden_at`: since when its owner hides a studio that was published: its address then answers
    410. `zone` is an IANA name, for the hours.
    """

    __tablename__ = "studio_details"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    zone: Mapped[str | None] = mapped_column(String(60))
    hours_note: Mapped[str | None] = mapped_column(String(300))
    takes_messages: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StudioHours(SiteModel):
    """A span in which the studio is open. `weekday` 0 is Monday; minutes are counted from midnight
    in the studio's zone, 0 to 1440."""

    __tablename__ = "studio_hours"
    __table_args__ = (
        UniqueConstraint("user_id", "weekday", "opens"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="span"),
        NEVER_GIVEN_TWICE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UserKey]
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]


class PictureFile(SiteModel):
    """A picture in the store, by the name that `studio_images.image_url` ends in: the hash of its
    content. Width and height are those of the largest size, in pixels; `bytes` of all sizes."""

    __tablename__ = "picture_files"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    created_at: Mapped[At] = mapped_column(default=now)


class SiteMessage(SiteModel):
    """What a visitor wrote to the owner of a studio. `studio_number` is the studio's id, without a
    foreign key: the row belongs to the owner."""

    __tablename__ = "site_messages"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    user_id: Mapped[UserKey]
    studio_number: Mapped[int]
    sender_name: Mapped[str] = mapped_column(String(120))
    sender_email: Mapped[Address]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[At] = mapped_column(default=now)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    """What the owner answered, once; the letter with it is deleted when it was sent."""
