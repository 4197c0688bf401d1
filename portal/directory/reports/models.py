"""Reports of problems, and which pictures staff have looked at."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import ModerationModel, UtcDateTime, word
from portal.directory.users.models import UNSEEN, At, UserKey, Uuid


class ReportAbout(StrEnum):
    STUDIO = "studio"
    REVIEW = "review"
    PICTURE = "picture"


class Report(ModerationModel):
    """A problem that a visitor reports. `about_number`: of the review or the picture. `user_id`:
    the person who reports, where they are logged in; `email`: where an answer may go."""

    __tablename__ = "site_reports"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    about: Mapped[ReportAbout] = mapped_column(word(ReportAbout))
    about_number: Mapped[int | None]
    studio_number: Mapped[int] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str | None] = mapped_column(String(254))
    problem: Mapped[str] = mapped_column(String(40))
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[At] = mapped_column(default=now, index=True)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    outcome: Mapped[str | None] = mapped_column(String(300))


class PictureCheck(ModerationModel):
    """A picture that an owner added, by its id in `studio_images`: shown at once, looked at by
    staff afterwards. `decided_at` is empty while it waits."""

    __tablename__ = "site_picture_checks"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    user_id: Mapped[UserKey]
    image_number: Mapped[int] = mapped_column(unique=True)
    created_at: Mapped[At] = mapped_column(default=now, index=True)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    removed_because: Mapped[str | None] = mapped_column(String(300))
