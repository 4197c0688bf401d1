"""The kinds of probes: their titles, and the interval and thresholds that a new one gets."""

from dataclasses import dataclass

from portal.monitoring.probes.models import Probe, ProbeKind

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Kind:
    """`is_remote`: measured over the network, so a fault of this machine explains a failure."""

    title: str
    interval: int = 30
    timeout: int = 5
    down_after: int = 3
    up_after: int = 2
    is_remote: bool = True


KINDS = {
    ProbeKind.HOME: Kind("Home page"),
    ProbeKind.READY: Kind("Ready to serve"),
    ProbeKind.SCHEMA: Kind("Schema and code", down_after=1, up_after=1),
    ProbeKind.DATABASE: Kind("Database"),
    ProbeKind.CERTIFICATE: Kind("Certificate", HOUR, 10, 1, 1),
    ProbeKind.BACKUP: Kind("Verified backup", 5 * MINUTE, 30, 1, 1, is_remote=False),
    ProbeKind.STORE: Kind("Backup store", 5 * MINUTE, 30),
    ProbeKind.MAIL: Kind("Mail server", 5 * MINUTE, 15),
    ProbeKind.DISK: Kind("Disk", MINUTE, 5, 1, 1, is_remote=False),
    ProbeKind.MACHINE: Kind("This machine", is_remote=False),
}
"""In the order of pages. One failure is enough where a second one would find the same fact again:
a schema, a date, an age, a number of bytes."""

RUNBOOKS = {
    ProbeKind.HOME: "site-is-down",
    ProbeKind.READY: "site-is-down",
    ProbeKind.DATABASE: "site-is-down",
    ProbeKind.SCHEMA: "migrate-production",
}
"""What to follow while it is down, where a folder has it under this name."""

LONGEST_INTERVAL, LONGEST_TIMEOUT, MOST = 24 * HOUR, 60, 20


def key_of(kind: ProbeKind, target: str | None) -> str:
    return f"{kind}:{target}" if target else str(kind)


def name_of(probe: Probe) -> str:
    """For people: "Home page · production"."""
    title = KINDS[probe.kind].title
    return f"{title} · {probe.target}" if probe.target else title


def new_probe(kind: ProbeKind, target: str | None) -> Probe:
    of = KINDS[kind]
    return Probe(
        key=key_of(kind, target),
        kind=kind,
        target=target,
        interval_seconds=of.interval,
        timeout_seconds=of.timeout,
        down_after=of.down_after,
        up_after=of.up_after,
    )
