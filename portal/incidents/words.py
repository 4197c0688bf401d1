"""Severity and status, and how other people's words for them are read."""

import re
from enum import StrEnum


class Severity(StrEnum):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    MAINTENANCE = "maintenance"


class Status(StrEnum):
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


_SEVERITIES = {
    Severity.CRITICAL: {"critical", "sev1", "sev-1", "sev0", "sev-0", "p1", "p0", "down"},
    Severity.MAJOR: {"major", "high", "sev2", "sev-2", "p2", "disrupted"},
    Severity.MINOR: {"minor", "low", "sev3", "sev-3", "p3", "notice"},
    Severity.MAINTENANCE: {"maintenance"},
}
_STATUSES = {
    Status.INVESTIGATING: r"investigating|ongoing|unresolved|not resolved",
    Status.IDENTIFIED: r"identified",
    Status.MONITORING: r"monitoring|mitigated",
    Status.RESOLVED: r"resolved|restored|fixed|closed|completed?|operational|post-?mortem",
}


def severity_in(text: str) -> Severity | None:
    """The severity that a line's first word names: “Critical (all users)”, “SEV-2”."""
    words = re.findall(r"[a-z0-9-]+", text.lower())
    found = (kind for kind, names in _SEVERITIES.items() if words and words[0] in names)
    return next(found, None)


def status_in(text: str) -> Status | None:
    """What a sentence such as “Site fully operational” says; doubt counts as not yet over."""
    text = text.lower()
    found = (kind for kind, names in _STATUSES.items() if re.search(rf"\b(?:{names})\b", text))
    return next(found, None)
