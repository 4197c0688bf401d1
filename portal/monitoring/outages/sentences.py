"""The cause in one sentence, and the title of its draft, from public names."""

from collections.abc import Sequence

from portal.jobs.release import release_name
from portal.monitoring.outages.cause import SITE, Cause
from portal.monitoring.probes.models import Probe, ProbeKind

LONGEST = 500
WITHOUT_MEASUREMENT = {
    ProbeKind.SCHEMA: "the schema of its database does not match the code",
    ProbeKind.DATABASE: "its database can’t be reached, or is not the registered one",
    ProbeKind.READY: "the site is not ready to serve its pages",
    ProbeKind.HOME: "the start page can’t be loaded",
    ProbeKind.BACKUP: "the last verified backup is too old",
    ProbeKind.STORE: "the store of backups can’t be reached",
    ProbeKind.MAIL: "the mail server can’t be reached",
    ProbeKind.DISK: "the disk is nearly full",
    ProbeKind.CERTIFICATE: "the certificate expires soon",
}
TITLES = {
    ProbeKind.BACKUP: "Backups are overdue",
    ProbeKind.STORE: "Backups can’t be stored",
    ProbeKind.MAIL: "Messages can’t be sent",
    ProbeKind.DISK: "Disk space runs out",
    ProbeKind.CERTIFICATE: "A certificate expires",
}


def sentence_of(cause: Cause, probe: Probe) -> str:
    """What the cause's own probe said; else what its failure means."""
    place = cause.target.capitalize() if cause.target else "The control room"
    said = " ".join((probe.sentence or "").split())[:LONGEST]
    text = f"{place}: {said or WITHOUT_MEASUREMENT[cause.kind]}"
    if cause.kind is ProbeKind.SCHEMA and not said:
        text += f". This release is {release_name()}"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def affected_by(cause: Cause, probes: Sequence[Probe]) -> list[str]:
    """The public names of what is affected: of a site also those that have not failed yet."""
    found = [each for each in probes if each.public_name and _is_about(cause, each)]
    shallowest_first = sorted(found, key=lambda each: -_depth(each.kind))
    return list(dict.fromkeys(str(each.public_name) for each in shallowest_first))


def title_of(cause: Cause, affected: Sequence[str]) -> str:
    if cause.kind in SITE:
        name = affected[0] if affected else (cause.target or "The site").capitalize()
        return f"{name} is not available"
    place = f": {affected[0]}" if affected else f": {cause.target}" if cause.target else ""
    return f"{TITLES[cause.kind]}{place}"


def _is_about(cause: Cause, probe: Probe) -> bool:
    if probe.target != cause.target:
        return False
    return probe.kind is cause.kind or (probe.kind in SITE and cause.kind in SITE)


def _depth(kind: ProbeKind) -> int:
    return SITE.index(kind) if kind in SITE else 0
