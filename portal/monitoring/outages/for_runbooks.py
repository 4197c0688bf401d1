"""What steps of runbooks show of an outage, and where their buttons lead.

Nothing is inferred: what no probe measures, and what can't be read, is unknown.
"""

from collections.abc import Iterator
from datetime import datetime

from portal.core.clock import now
from portal.databases.backups.catalogue.find import standing_backups
from portal.databases.backups.integrity import visible_damage
from portal.databases.backups.models import Backup
from portal.databases.policies.release_gate import leases_of
from portal.databases.status.compatibility import compatibility_of
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import Judgement, judge
from portal.databases.targets.registry import registered_target
from portal.directory.revisions import SERVES
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.queries import going_on, promise_of
from portal.incidents.parsing.vocabulary import Severity
from portal.monitoring.outages.queries import OutageShown, incident_about, open_outages
from portal.monitoring.probes.models import ProbeKind, ProbeState
from portal.monitoring.probes.queries import ProbeNow, probes_now
from portal.runbooks.engine.registry import (
    LiveFact,
    Place,
    register_facts,
    register_incident,
    register_place,
    register_urgent,
)

STATES = {ProbeState.UP: "done", ProbeState.DOWN: "failed", ProbeState.UNKNOWN: "unknown"}
SEEN = (ProbeKind.HOME, ProbeKind.READY)
"""What visitors get; the facts on the database are read now."""
TOO_FEW = "Too few good answers in a row yet to call it up."
UNKNOWN, WHEN_DOWN = "unknown", "site-is-down"
NOT_IDENTIFIED = "Its identity is not confirmed."


def site_facts(target: str) -> list[LiveFact]:
    """What visitors get, as the probes of the site measured it, and the cause that they show."""
    probes = [each for each in probes_now(now()) if each.target == target and each.kind in SEEN]
    found = [_of_probe(each) for each in probes]
    cause = [
        LiveFact("Cause", "failed", "outage", each.outage.sentence, since=each.outage.began_at)
        for each in _outages(target)
    ]
    if not found:
        sentence = "No probe measures it: look at the site itself."
        found = [LiveFact(f"Visitors of {target}", UNKNOWN, UNKNOWN, sentence, at=None)]
    return [*cause, *found]


def _of_probe(probe: ProbeNow) -> LiveFact:
    """Failures that are too few to count as down are not up either."""
    return LiveFact(
        probe.name,
        "waiting" if probe.is_in_doubt else STATES[probe.state],
        "may be down" if probe.is_in_doubt else probe.state.value,
        f"{probe.sentence} {TOO_FEW}" if probe.answers_again else probe.sentence,
        at=probe.measured_at,
        since=probe.since,
    )


def database_facts(target: str) -> list[LiveFact]:
    """Whether it is there, its schema beside what the code needs, and whether it may be written."""
    known, at = target_named(target), now()
    judgement = judge(known)
    return [_identity(judgement, at), _schema(known, judgement, at), _writes(target, judgement, at)]


def _identity(judgement: Judgement, at: datetime) -> LiveFact:
    if judgement.fits:
        return LiveFact("Database", "done", "identity confirmed", at=at)
    word = judgement.state.value if not judgement.is_there else "not identified"
    state = UNKNOWN if judgement.state.value == "unreachable" else "failed"
    return LiveFact("Database", state, word, str(judgement), at=at)


def _schema(target: Target, judgement: Judgement, at: datetime) -> LiveFact:
    if not judgement.is_there or judgement.revision is None:
        return LiveFact("Schema", UNKNOWN, UNKNOWN, "Its revision can’t be read.", at=at)
    if not judgement.fits:
        return LiveFact("Schema", UNKNOWN, UNKNOWN, NOT_IDENTIFIED, at=at)
    revision = judgement.revision
    if not target.history.knows(revision):
        sentence = f"It is at {revision}, which this release does not know."
        return LiveFact("Schema", "failed", "newer than the code", sentence, at=at)
    if pending := target.history.pending(revision):
        sentence = f"It is at {revision}; this release’s newest is {pending[-1].id}."
        count = "1 change" if len(pending) == 1 else f"{len(pending)} changes"
        return LiveFact("Schema", "failed", f"{count} behind", sentence, at=at)
    return LiveFact("Schema", "done", "current", f"It is at {revision}.", at=at)


def _writes(target: str, judgement: Judgement, at: datetime) -> LiveFact:
    """The mode is on record; that it is off is said of the identified database only."""
    row = registered_target(target)
    if row is None:
        return LiveFact("Read-only mode", UNKNOWN, UNKNOWN, f"{target} is not registered.", at=at)
    if row.maintenance_since is None and not judgement.fits:
        return LiveFact("Read-only mode", UNKNOWN, UNKNOWN, NOT_IDENTIFIED, at=at)
    if row.maintenance_since is None:
        return LiveFact("Read-only mode", "done", "off", at=at)
    because = row.maintenance_because or "no reason is on record"
    sentence = f"{row.maintenance_by or 'Unknown'}: {because}"
    return LiveFact("Read-only mode", "waiting", "on", sentence, at=at, since=row.maintenance_since)


def incident_facts(_target: str) -> list[LiveFact]:
    """What was sent to clients and visitors, and when they were promised more."""
    found = [_of_incident(each) for each in _incidents()]
    return found or [LiveFact("Incident", "waiting", "none is open", "Nothing was sent yet.")]


def _of_incident(incident: LiveIncident) -> LiveFact:
    if incident.published_at is None:
        sentence = "It is a draft: clients and visitors have read nothing of it yet."
        return LiveFact(incident.title, "waiting", "draft", sentence, since=incident.started_at)
    promise = promise_of(incident)
    sentence = "No time for the next update was promised."
    if promise:
        word = "was due" if promise.is_past else "is due"
        sentence = f"The next update {word} at {promise.at:%H:%M} UTC."
    state = "failed" if promise and promise.is_past else "running"
    return LiveFact(incident.title, state, incident.phase, sentence, since=incident.started_at)


def _incidents() -> list[LiveIncident]:
    return [each for each in going_on() if each.severity is not Severity.MAINTENANCE]


def _outages(target: str) -> Iterator[OutageShown]:
    """Those of this site that are not over."""
    for each in open_outages():
        if each.outage.target == target and each.is_about_site:
            yield each


def review(target: str) -> Place:
    label = f"Review the change of {target}"
    known = target_named(target)
    judgement = judge(known)
    if not judgement.fits or not known.history.knows(judgement.revision):
        why = "The database can’t be compared with the code."
    elif not known.history.pending(judgement.revision):
        why = "No change is pending."
    else:
        why = ""
    return Place(label, "databases.list_migrations", why_not=why)


def restore(target: str) -> Place:
    """The newest verified backup that the live processes can serve."""
    known, why = target_named(target), ""
    for each in standing_backups():
        if each.target != target or not each.is_usable or visible_damage(each):
            continue
        if not (reason := _why_not_served(each, known)):
            return Place(f"Restore {each.name}", "databases.show_restore", {"name": each.name})
        why = why or f"{each.name}: {reason}"
    why = why or "There is no verified backup."
    return Place("Restore a backup", "databases.list_backups", why_not=why)


def _why_not_served(backup: Backup, target: Target) -> str:
    """By each process that is live; by this release where none is. Empty if it is served."""
    said = compatibility_of(backup, target)
    if said.is_compatible:
        return ""
    if said.is_compatible is None and target.is_directory and not leases_of(target):
        return "" if backup.revision in SERVES else "This release does not serve it."
    return said.sentence


def read_only(target: str) -> Place:
    label = f"Read-only mode of {target}"
    return Place(label, "databases.list_databases", {"database": target})


def send_update(target: str) -> Place:
    found = incident_about(target, open_outages(), going_on())
    if found is None:
        return Place("Open an incident and send an update", "incidents.new_live")
    label = "Send an update" if found.published_at else "Send the first update"
    return Place(label, "incidents.show_live", {"slug": found.slug})


def after_run(target: str | None) -> str | None:
    """Where its “Tell clients” leads: the slug of the incident, None if there is none."""
    found = incident_about(target, open_outages(), going_on())
    return found.slug if found else None


def acknowledge(target: str) -> Place:
    for each in _outages(target):
        done = each.outage.acknowledged_at is not None
        why = f"{each.outage.acknowledged_by} has acknowledged it." if done else ""
        values = {"outage_id": each.outage.id}
        return Place("Acknowledge the outage", "monitoring.show_outage", values, why)
    why = "The probes see no outage of this site."
    return Place("Acknowledge the outage", "monitoring.list_outages", why_not=why)


def urgent() -> dict[str, str]:
    """The runbook for a site that is down, while the probes see one of production."""
    down = [each.outage for each in open_outages() if each.severity == Severity.CRITICAL]
    if not down:
        return {}
    place = (down[0].target or "the site").capitalize()
    return {WHEN_DOWN: f"{place} is down. {down[0].sentence.removeprefix(f'{place}: ')}"}


register_urgent(urgent)
register_incident(after_run)
for name, facts in (
    ("site", site_facts),
    ("database", database_facts),
    ("incident", incident_facts),
):
    register_facts(name, facts)
for name, label, found in (
    ("review", "Review the change", review),
    ("restore", "Restore a backup", restore),
    ("read-only", "Read-only mode", read_only),
    ("send-update", "Send an update", send_update),
    ("acknowledge", "Acknowledge the outage", acknowledge),
):
    register_place(name, label, found)
