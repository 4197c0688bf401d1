"""Which measurement belongs to a probe."""

import logging
from collections.abc import Callable

from portal.core.configuration.settings import settings
from portal.databases.targets.config import target_named
from portal.monitoring.probes.kinds import KINDS
from portal.monitoring.probes.measures import databases, machine, sites, upkeep
from portal.monitoring.probes.measures.finding import Finding, failed, inconclusive
from portal.monitoring.probes.models import ProbeKind, ProbeOutcome
from portal.monitoring.probes.plan import Planned

log = logging.getLogger(__name__)

Measure = Callable[[Planned, float], Finding]


def measure(planned: Planned, seconds: float) -> Finding:
    """Measure within about this time. An error of the measurement itself says nothing of what is
    measured."""
    try:
        found = MEASURES[planned.kind](planned, seconds)
    except Exception as error:
        log.exception("The probe %s could not be measured", planned.key)
        return inconclusive(f"It could not be measured: {type(error).__name__}.")
    return explained(planned.kind, found)


def timed_out(kind: ProbeKind, seconds: float) -> Finding:
    return explained(kind, failed(f"No answer within {seconds:g} s."))


def explained(kind: ProbeKind, found: Finding) -> Finding:
    """A failure over the network is inconclusive while this machine can't reach even itself."""
    if found.outcome is not ProbeOutcome.FAILED or not KINDS[kind].is_remote:
        return found
    if fault := machine.loopback_fault():
        return inconclusive(f"Not known, since this machine can’t reach itself: {fault}.")
    return found


def _mail(_planned: Planned, seconds: float) -> Finding:
    return upkeep.measure_mail(settings().mail, seconds)


def _store(_planned: Planned, _seconds: float) -> Finding:
    route = settings().backup_store
    return upkeep.measure_store(route) if route else inconclusive("No store is set up.")


def _database(planned: Planned, _seconds: float) -> Finding:
    return databases.measure_database(target_named(planned.target or ""))


def _schema(planned: Planned, _seconds: float) -> Finding:
    return databases.measure_schema(target_named(planned.target or ""))


MEASURES: dict[ProbeKind, Measure] = {
    ProbeKind.HOME: lambda planned, seconds: sites.measure_home(planned.address or "", seconds),
    ProbeKind.READY: lambda planned, seconds: sites.measure_ready(planned.address or "", seconds),
    ProbeKind.CERTIFICATE: lambda planned, seconds: sites.measure_certificate(
        planned.address or "", seconds
    ),
    ProbeKind.DATABASE: _database,
    ProbeKind.SCHEMA: _schema,
    ProbeKind.BACKUP: lambda _planned, _seconds: upkeep.measure_backup(
        settings().backup_schedule or ""
    ),
    ProbeKind.STORE: _store,
    ProbeKind.MAIL: _mail,
    ProbeKind.DISK: lambda _planned, _seconds: machine.measure_disk(settings().data),
    ProbeKind.MACHINE: lambda _planned, _seconds: machine.measure_machine(),
}
