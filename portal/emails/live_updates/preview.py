"""What an update that is being typed would send: to whom, when, in which words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.accounts.models import Contact
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Invalid
from portal.documents.audiences.audience import Audience
from portal.emails.html import shown
from portal.emails.live_updates.checks import problems_of
from portal.emails.live_updates.letters import UpdateFacts, body_of, subject_of
from portal.emails.live_updates.recipients import recipients_of
from portal.incidents.live.maintenance import Planned, cancellation_of, planned
from portal.incidents.live.models import LiveIncident, Phase
from portal.incidents.live.opening import Opening, free_slug
from portal.incidents.live.phases import checked_phase, checked_text
from portal.incidents.live.updates import Said, checked_audience, widened
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.reports import reader_of_contact


@dataclass(frozen=True)
class LetterPreview:
    """One message as its first recipient would get it; `text` alone where no message is sent."""

    name: str
    leaves_at: datetime | None
    subject: str
    text: str


@dataclass(frozen=True)
class UpdatePreview:
    """`problems` are sentences that would refuse it."""

    audience: Audience
    recipients: list[Contact] = field(default_factory=list)
    letters: list[LetterPreview] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def preview_of(opening: Opening, said: Said, incident: LiveIncident | None) -> UpdatePreview:
    """Nothing is written. `incident` is None while it is being opened."""
    try:
        audience, clients = checked_audience(said.audience, said.clients)
        steps = _steps(opening, said, is_new=incident is None or incident.is_draft)
    except Invalid as error:
        return UpdatePreview(said.audience, problems=[str(error)])
    before = (incident.audience, incident.clients) if incident else (Audience.INTERNAL, [])
    readers = widened(*before, audience, clients)
    found = recipients_of(audience, clients)
    letters, problems = [], []
    for step in steps:
        facts = _facts(opening, said, step, slug=incident.slug if incident else "new")
        letters.append(_letter(facts, step, found))
        against = problems_of(facts, audience=readers[0], clients=readers[1])
        problems += [each for sentences in against.values() for each in sentences]
    return UpdatePreview(audience, found, letters, list(dict.fromkeys(problems)))


def facts_of_steps(
    opening: Opening, said: Said, incident: LiveIncident | None
) -> list[UpdateFacts]:
    """The facts of each message that would be sent, whatever is said in it; none if the form is
    wrong."""
    slug = incident.slug if incident else free_slug(said.once_key, now())
    try:
        steps = _steps(opening, said, is_new=incident is None or incident.is_draft)
    except Invalid:
        return []
    return [_facts(opening, said, step, slug=slug) for step in steps]


def _steps(opening: Opening, said: Said, *, is_new: bool) -> list[Planned]:
    text = checked_text(said.text)
    if opening.severity is not Severity.MAINTENANCE or not is_new:
        phase = checked_phase(said.phase, opening.severity)
        waits = 0 if said.audience is Audience.INTERNAL else settings().update_delay
        return [Planned("", phase, now() + timedelta(seconds=waits), text)]
    found = planned(opening.checked(), text)
    cancelled = cancellation_of(opening)
    return [*found, Planned("if it is cancelled", Phase.CANCELLED, found[0].leaves_at, cancelled)]


def _facts(opening: Opening, said: Said, step: Planned, *, slug: str) -> UpdateFacts:
    return UpdateFacts(
        slug=slug,
        title=opening.title,
        phase=step.phase,
        text=step.text,
        audience=said.audience,
        clients=said.clients,
        affected=[each.strip() for each in opening.affected if each.strip()],
        next_update_at=None if step.name else said.next_update_at,
        begins_at=opening.begins_at,
        ends_at=opening.ends_at,
        is_correction=said.corrects is not None,
    )


def _letter(facts: UpdateFacts, step: Planned, people: Sequence[Contact]) -> LetterPreview:
    leaves_at = None if step.phase is Phase.CANCELLED else step.leaves_at
    if not people:
        return LetterPreview(step.name, leaves_at, subject_of(facts), facts.text)
    first = people[0]
    page = shown(
        subject=subject_of(facts),
        body=body_of(facts, first),
        reader=reader_of_contact(first),
        base_url=settings().base_url,
    )
    return LetterPreview(step.name, leaves_at, subject_of(facts), page.text)
