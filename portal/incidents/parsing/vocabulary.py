"""Severity and status, and other tools' terms for a severity."""

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
    Severity.CRITICAL: {"critical", "sev0", "sev1", "p0", "p1", "down"},
    Severity.MAJOR: {"major", "high", "sev2", "p2", "disrupted"},
    Severity.MINOR: {"minor", "low", "sev3", "p3", "notice"},
    Severity.MAINTENANCE: {"maintenance"},
}
#: The values that authors are asked to use, besides the four terms of each.
MORE_SEVERITIES = "high, low, SEV-0 to SEV-3 and P0 to P3"
MORE_STATUSES = "ongoing, mitigated, fixed, restored, closed, completed and operational"
_LEVEL = re.compile(r"\b(sev|severity|p|priority)[\s#:.-]*(\d)\b")


def severity_in(text: str) -> Severity | None:
    """The severity named at the start of a line: “Critical (all users)”, “SEV 2”, “P1”."""
    text = _LEVEL.sub(lambda found: f"{_SHORT[found[1]]}{found[2]}", text[:200].lower())
    words = re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*|\?", text)
    if "?" in words:
        return None
    found = (kind for kind, names in _SEVERITIES.items() if words and words[0] in names)
    return next(found, None)


_SHORT = {"sev": "sev", "severity": "sev", "p": "p", "priority": "p"}
