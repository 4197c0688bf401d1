"""The phases of an incident and of maintenance: their order, their words, and a text to begin with.

The text to begin with says what to write. An update that still contains a sentence of it is
refused.
"""

from datetime import datetime
from pathlib import Path

from portal.core.errors import Invalid
from portal.documents.audiences.audience import Audience
from portal.documents.drafting.starters import starter_text, unfilled_sentences
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.live.view import OVER
from portal.incidents.parsing.vocabulary import Severity

STARTERS = Path(__file__).with_name("starters")
LONGEST, LONGEST_TITLE, LONGEST_AFFECTED = 500, 120, 20
OF_INCIDENTS = (Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING, Phase.RESOLVED)
OF_MAINTENANCE = (Phase.SCHEDULED, Phase.UNDER_WAY, Phase.DONE)
CAME = "came with the text to begin with: write what happened in its place"


def phases_of(severity: Severity) -> tuple[Phase, ...]:
    """Those that an update can be in. Maintenance is cancelled by an act of its own."""
    return OF_MAINTENANCE if severity is Severity.MAINTENANCE else OF_INCIDENTS


def starter_of(phase: Phase) -> str:
    return starter_text(STARTERS, phase.replace(" ", "-")).strip()


def checked_text(text: str) -> str:
    """The text of an update. Raises Invalid for an empty, a long or an unfilled one."""
    text = text.strip()
    if not text:
        raise Invalid("Write one to three sentences.", field="text")
    if len(text) > LONGEST:
        raise Invalid(f"Keep it below {LONGEST} characters; these are {len(text)}.", field="text")
    for _, sentence in unfilled_sentences(text, STARTERS):
        raise Invalid(f"“{sentence}” {CAME}.", field="text")
    return text


def checked_phase(phase: str, severity: Severity) -> Phase:
    if phase not in phases_of(severity):
        raise Invalid("Choose a phase.", field="phase")
    return Phase(phase)


def settle(incident: LiveIncident) -> None:
    """Set the phase and its times from the updates that were not held back.

    Of maintenance only those count that have left: the others were written in advance.
    """
    said = [each for each in incident.updates if _counts(incident, each)]
    incident.mitigated_at = _mitigated(incident, said)
    if not said:
        incident.phase = phases_of(incident.severity)[0]
        incident.resolved_at = incident.next_update_at = None
        return
    incident.phase = said[-1].phase
    incident.resolved_at = _over_since(said)
    incident.next_update_at = None
    for each in said:
        _promise(incident, each)


def _mitigated(incident: LiveIncident, said: list[IncidentUpdate]) -> datetime | None:
    """The first that says so; or what the probes measured, which no update has as its time."""
    better = (Phase.MONITORING, Phase.RESOLVED)
    found = [each.happened_at for each in said if each.phase in better]
    measured = incident.mitigated_at
    if measured and measured not in {each.happened_at for each in incident.updates}:
        found.append(measured)
    return min(found, default=None)


def _counts(incident: LiveIncident, update: IncidentUpdate) -> bool:
    if incident.is_maintenance:
        return update.has_left
    return update.held_at is None


def _over_since(said: list[IncidentUpdate]) -> datetime | None:
    """The first of the last updates that all say it is over."""
    since = None
    for each in reversed(said):
        if each.phase not in OVER:
            break
        since = each.happened_at
    return since


def _promise(incident: LiveIncident, update: IncidentUpdate) -> None:
    """A promise ends with the next update that others read; one for staff ends none."""
    if update.phase in OVER:
        incident.next_update_at = None
    elif update.next_update_at or update.audience is not Audience.INTERNAL:
        incident.next_update_at = update.next_update_at
