"""What probes saw while an incident went on, for the report about it."""

from collections.abc import Collection

from sqlalchemy import or_, select

from portal.core.storage.database import db
from portal.incidents.live.models import LiveIncident
from portal.incidents.origins import MOST, Origin, Scope, limited
from portal.monitoring.outages.models import Outage
from portal.monitoring.probes.models import Probe, ProbeSpan, ProbeState

HOME = "/ops/monitoring"
GUARDED = frozenset({"production"})
"""What an incident is about if neither an outage nor a probe says so."""


def targets_of(incident: LiveIncident) -> Collection[str]:
    """The databases of its outage, and of the probes whose public names are affected."""
    outage = select(Outage.target).where(Outage.id == incident.outage_id)
    probes = select(Probe.target).where(Probe.public_name.in_(incident.affected))
    found = {*db.session.scalars(outage), *db.session.scalars(probes)} - {None}
    return frozenset(each for each in found if each) or GUARDED


def origins_of_monitoring(incident: LiveIncident, scope: Scope) -> list[Origin]:
    return limited([*_spans(scope), *_outages(incident, scope)], more=HOME)


def _spans(scope: Scope) -> list[Origin]:
    """Where a probe went down or came up; a time that was only measured again is no event."""
    query = (
        select(ProbeSpan.state, ProbeSpan.began_at, ProbeSpan.until_at, Probe.id, Probe.key)
        .join(Probe, Probe.id == ProbeSpan.probe_id)
        .where(
            Probe.target.in_(scope.targets),
            ProbeSpan.until_at >= scope.since,
            ProbeSpan.began_at <= scope.until,
        )
        .order_by(ProbeSpan.probe_id, ProbeSpan.began_at)
        .limit(MOST * 2)
    )
    found, before = [], dict[int, ProbeState]()
    for state, began, _until, probe_id, key in db.session.execute(query):
        is_new = before.get(probe_id, ProbeState.UP) is not state
        before[probe_id] = state
        if is_new and scope.covers(began):
            verb = "went down" if state is ProbeState.DOWN else "came up"
            found.append(Origin(began, f"Probe {key} {verb}", f"{HOME}/probes/{probe_id}"))
    return found


def _outages(incident: LiveIncident, scope: Scope) -> list[Origin]:
    query = select(Outage).where(
        or_(Outage.id == incident.outage_id, Outage.target.in_(scope.targets)),
        Outage.seen_at <= scope.until,
        or_(Outage.ended_at.is_(None), Outage.ended_at >= scope.since),
    )
    found = []
    for row in db.session.scalars(query.order_by(Outage.id).limit(MOST)):
        times = {
            f"Outage {row.id} was seen": row.seen_at,
            f"Outage {row.id} was acknowledged": row.acknowledged_at,
            f"Outage {row.id} ended": row.ended_at,
        }
        found += [Origin(at, text, HOME) for text, at in times.items() if at and scope.covers(at)]
    return found
