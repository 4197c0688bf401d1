"""The words of an update's message: what was written, and the facts of the incident below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from portal.accounts.models import Contact
from portal.core.configuration.settings import settings
from portal.documents.audiences.audience import Audience
from portal.emails.drafting.placeholder_values import in_markdown
from portal.incidents.live.models import IncidentUpdate, Phase


@dataclass(frozen=True)
class UpdateFacts:
    """What a message says, whether the update is written or only typed."""

    slug: str
    title: str
    phase: Phase
    text: str
    audience: Audience
    clients: Sequence[str] = ()
    affected: Sequence[str] = ()
    next_update_at: datetime | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    is_correction: bool = False


def facts_of(update: IncidentUpdate) -> UpdateFacts:
    incident = update.incident
    return UpdateFacts(
        slug=incident.slug,
        title=incident.title,
        phase=update.phase,
        text=update.text,
        audience=update.audience,
        clients=update.clients,
        affected=incident.affected,
        next_update_at=update.next_update_at,
        begins_at=incident.begins_at,
        ends_at=incident.ends_at,
        is_correction=update.corrects_id is not None or update.corrects is not None,
    )


def subject_of(facts: UpdateFacts) -> str:
    word = "Correction" if facts.is_correction else facts.phase.capitalize()
    return f"{word}: {facts.title}"


def body_of(facts: UpdateFacts, contact: Contact) -> str:
    """In Markdown; what people typed reads as it was typed."""
    zone = ZoneInfo(contact.time_zone)
    return "\n\n".join(
        [
            f"Hello {in_markdown(contact.salutation)},",
            in_markdown(facts.text),
            *_facts(facts, zone),
            *_link(facts, contact),
        ]
    )


def _facts(facts: UpdateFacts, zone: ZoneInfo) -> Iterator[str]:
    if facts.affected:
        yield f"**Affected:** {in_markdown(', '.join(facts.affected))}"
    if facts.begins_at and facts.ends_at:
        begins, ends = _clock(facts.begins_at, zone), _clock(facts.ends_at, zone)
        yield f"**Planned:** {begins} to {ends}"
    if facts.next_update_at:
        yield f"**Next update by:** {_clock(facts.next_update_at, zone)}"


def _link(facts: UpdateFacts, contact: Contact) -> Iterator[str]:
    """The page that this person can open; some clients have no login."""
    if facts.audience is Audience.PUBLIC:
        yield f"<{settings().base_url}/status/incidents/{facts.slug}>"
    elif contact.account:
        yield f"<{settings().base_url}/client/incidents/live/{facts.slug}>"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M} ({local.tzname() or zone.key})"
