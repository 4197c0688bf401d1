"""Live incidents and their updates; maintenance is an incident of the severity `maintenance`."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word
from portal.documents.audiences.audience import Audience
from portal.incidents.parsing.vocabulary import Severity


class Phase(StrEnum):
    """The first four are of incidents, the others of maintenance."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    SCHEDULED = "scheduled"
    UNDER_WAY = "under way"
    DONE = "done"
    CANCELLED = "cancelled"


class LiveIncident(OpsModel):
    """What is going on, for whom, and who leads.

    A draft (`published_at` is None) is for staff, whatever `audience` says. `clients` are slugs of
    the only organisations that it is for; empty if it is not limited. `affected` are public names
    of probes, or a person's own words. `outage_id` is what the probes saw, `report_slug` the report
    that was begun from it. `version` grows with each change: a form that shows an older one is
    refused.
    """

    __tablename__ = "live_incidents"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    severity: Mapped[Severity] = mapped_column(word(Severity))
    phase: Mapped[Phase] = mapped_column(word(Phase))
    audience: Mapped[Audience] = mapped_column(word(Audience), default=Audience.INTERNAL)
    clients: Mapped[list[str]] = mapped_column(JSON, default=list)
    affected: Mapped[list[str]] = mapped_column(JSON, default=list)
    lead_id: Mapped[int | None]
    lead: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    detected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None]
    mitigated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begins_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_update_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    opened_by_id: Mapped[int | None]
    opened_by: Mapped[str]
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    discarded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    discarded_by: Mapped[str | None]
    outage_id: Mapped[int | None] = mapped_column(index=True)
    report_slug: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    updates: Mapped[list["IncidentUpdate"]] = relationship(
        back_populates="incident", order_by="IncidentUpdate.number"
    )

    @property
    def is_maintenance(self) -> bool:
        return self.severity is Severity.MAINTENANCE

    @property
    def is_draft(self) -> bool:
        return self.published_at is None and self.discarded_at is None

    @property
    def is_over(self) -> bool:
        return self.resolved_at is not None or self.discarded_at is not None


class IncidentUpdate(OpsModel):
    """One to three sentences about an incident, for one audience.

    Only staff see it before `leaves_at`, and after somebody held it back (`held_at`); then its
    messages are never sent either. `happened_at` is earlier than `created_at` if it was backdated.
    `once_key` is the form's, so that one act is carried out once.
    """

    __tablename__ = "incident_updates"
    __table_args__ = (UniqueConstraint("incident_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("live_incidents.id"), index=True)
    number: Mapped[int]
    phase: Mapped[Phase] = mapped_column(word(Phase))
    text: Mapped[str] = mapped_column(Text)
    audience: Mapped[Audience] = mapped_column(word(Audience))
    clients: Mapped[list[str]] = mapped_column(JSON, default=list)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[int | None]
    created_by: Mapped[str]
    next_update_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leaves_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_by: Mapped[str | None]
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("incident_updates.id"), index=True)
    once_key: Mapped[str] = mapped_column(unique=True)

    incident: Mapped[LiveIncident] = relationship(back_populates="updates")
    corrects: Mapped["IncidentUpdate | None"] = relationship(remote_side="IncidentUpdate.id")

    @property
    def has_left(self) -> bool:
        """Whether readers other than staff may see it now."""
        return self.held_at is None and self.leaves_at <= now()

    @property
    def can_be_held(self) -> bool:
        return self.held_at is None and now() < self.leaves_at
