"""What one measurement found, as a sentence for people."""

from dataclasses import dataclass

from portal.monitoring.probes.models import ProbeOutcome

LONGEST = 300


@dataclass(frozen=True)
class Finding:
    outcome: ProbeOutcome
    sentence: str


def passed(sentence: str) -> Finding:
    return Finding(ProbeOutcome.PASSED, shortened(sentence))


def failed(sentence: str) -> Finding:
    return Finding(ProbeOutcome.FAILED, shortened(sentence))


def inconclusive(sentence: str) -> Finding:
    return Finding(ProbeOutcome.INCONCLUSIVE, shortened(sentence))


def shortened(text: str) -> str:
    """One line that can be stored and shown, whatever a server sent."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
