"""Changes of studios, people, reviews and claims; and the actions of staff on many at once."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import JsonDict, ModerationModel, UtcDateTime, word
from portal.directory.users.models import UNSEEN, At, Uuid

OwnerKey = Annotated[
    int | None, mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
]


class Subject(StrEnum):
    STUDIO = "studio"
    PERSON = "person"
    REVIEW = "review"
    CLAIM = "claim"
    PICTURE = "picture"
    REPORT = "report"


class ChangedBy(StrEnum):
    """STAFF are accounts of the control room; PERSON has an account on the site."""

    PERSON = "person"
    STAFF = "staff"
    WORKER = "worker"


STOPPED = "stopped"
"""In the details of a batch: why it ended before it was carried out."""


class Batch(ModerationModel):
    """An action of staff on many studios, or an import. `numbers`: the studios, in order.

    It is finished when each of them has its change, or its sentence in `refused` (by number) why
    it has none. `undoes`: the batch that it takes back, at most once.
    """

    __tablename__ = "site_batches"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    action: Mapped[str] = mapped_column(String(40))
    details: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    numbers: Mapped[list[int]] = mapped_column(JSON, default=list)
    refused: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    by_number: Mapped[int]
    """The account in the control room."""
    by_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[At] = mapped_column(default=now, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undoes: Mapped[str | None] = mapped_column(String(36), unique=True)


class Change(ModerationModel):
    """`before` and `after` hold the fields that changed, as JSON values. `number`: the id of the
    subject, as text. `studio_number` has no foreign key; `user_id` is the studio's owner at that
    time, or the person, with whom the row is deleted.

    A batch changes a subject once: what is carried out again after a kill finds its row.
    """

    __tablename__ = "site_changes"
    __table_args__ = (UniqueConstraint("batch_id", "subject", "number"), UNSEEN)

    id: Mapped[Uuid]
    batch_id: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[Subject] = mapped_column(word(Subject))
    number: Mapped[str] = mapped_column(String(80))
    studio_number: Mapped[int | None] = mapped_column(index=True)
    user_id: Mapped[OwnerKey]
    action: Mapped[str] = mapped_column(String(40))
    by: Mapped[ChangedBy] = mapped_column(word(ChangedBy))
    by_number: Mapped[int | None]
    by_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[At] = mapped_column(default=now, index=True)
    before: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    after: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    reason: Mapped[str | None] = mapped_column(String(500))
