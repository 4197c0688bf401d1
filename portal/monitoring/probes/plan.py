"""Which probes there are: for each registered target, and for the machine; what is not set up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select

from portal.core.configuration.settings import Settings, settings
from portal.core.storage.database import db
from portal.databases.targets.config import Target, targets
from portal.databases.targets.models import RegisteredTarget
from portal.monitoring.probes.kinds import key_of, new_probe
from portal.monitoring.probes.models import Probe, ProbeKind, ProbeState

NO_ADDRESS = "No public address is set."
NOT_HTTPS = "The public address does not use https."
NO_RELEASES = "Its processes report no release."
NO_SCHEDULE = "BACKUP_SCHEDULE is not set."
NO_STORE = "BACKUP_URL is not set."
NO_MAIL = "MAIL_URL names no mail server."


@dataclass(frozen=True)
class Planned:
    """One probe that should be there. `why_not`: why it can't be measured, so that it is neither up
    nor down. `address`: of a site."""

    kind: ProbeKind
    target: str | None = None
    why_not: str | None = None
    address: str | None = None

    @property
    def key(self) -> str:
        return key_of(self.kind, self.target)


def planned_probes() -> list[Planned]:
    """Those of the settings and of the registry, one read."""
    query = select(RegisteredTarget.name, RegisteredTarget.public_address)
    known = {row.name: row.public_address for row in db.session.execute(query)}
    of_targets = [
        each
        for target in targets()
        if target.name in known
        for each in _of_target(target, known[target.name])
    ]
    return [*of_targets, *_of_machine(settings())]


def _of_target(target: Target, address: str | None) -> Iterator[Planned]:
    name = target.name
    no_address = None if address else NO_ADDRESS
    yield Planned(ProbeKind.HOME, name, no_address, address)
    if target.is_directory:
        yield Planned(ProbeKind.READY, name, no_address, address)
    yield Planned(ProbeKind.SCHEMA, name, None if target.is_directory else NO_RELEASES)
    yield Planned(ProbeKind.DATABASE, name)
    is_https = address is not None and urlsplit(address).scheme == "https"
    yield Planned(
        ProbeKind.CERTIFICATE, name, no_address or (None if is_https else NOT_HTTPS), address
    )


def _of_machine(config: Settings) -> Iterator[Planned]:
    yield Planned(ProbeKind.BACKUP, why_not=None if config.backup_schedule else NO_SCHEDULE)
    yield Planned(ProbeKind.STORE, why_not=None if config.backup_store else NO_STORE)
    yield Planned(ProbeKind.MAIL, why_not=NO_MAIL if config.mail.is_file else None)
    yield Planned(ProbeKind.DISK)
    yield Planned(ProbeKind.MACHINE)


def why_not_set_up(probe: Probe) -> str | None:
    """A row without an outcome has a sentence only if it is not measured: why."""
    return probe.sentence if probe.outcome is None else None


GONE = "Its database is no longer registered."


def settle(planned: Sequence[Planned]) -> bool:
    """Add missing rows, and note on each whether it is measured, in the caller's transaction.

    The spans of a probe that is no longer set up are kept; it has no state until it is again.
    """
    rows = {row.key: row for row in db.session.scalars(select(Probe))}
    wanted = {each.key: each for each in planned}
    for key, each in wanted.items():
        if key not in rows:
            rows[key] = new_probe(each.kind, each.target)
            db.session.add(rows[key])
    for key, row in rows.items():
        why_not = wanted[key].why_not if key in wanted else GONE
        if _differs(row, why_not):
            reset(row, why_not)
    return bool(db.session.new or db.session.dirty)


def needs_settling(planned: Sequence[Planned], rows: Sequence[Probe]) -> bool:
    """Whether `settle` would change anything; needs no lock."""
    wanted = {each.key: each.why_not for each in planned}
    known = {row.key: row for row in rows}
    if not set(wanted) <= set(known):
        return True
    return any(_differs(row, wanted.get(key, GONE)) for key, row in known.items())


def _differs(row: Probe, why_not: str | None) -> bool:
    return why_not != why_not_set_up(row) and bool(why_not or row.outcome is None)


def reset(row: Probe, why_not: str | None = None) -> None:
    """Begin again: what was measured says nothing of what will be. Its spans are kept."""
    row.state, row.state_since, row.streak = ProbeState.UNKNOWN, None, 0
    row.measured_at = row.outcome = row.milliseconds = None
    row.sentence = why_not
