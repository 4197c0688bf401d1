"""What is wrong, said by kind of probe and target.

A site's probes have one chain of causes: who finds its schema wrong, or its database unreachable,
knows why its pages fail. Everything else is a cause of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.incidents.parsing.vocabulary import Severity
from portal.monitoring.probes.models import ProbeKind

SITE = (ProbeKind.SCHEMA, ProbeKind.DATABASE, ProbeKind.READY, ProbeKind.HOME)
"""The chain of a site, deepest cause first."""
ALONE = (
    *(ProbeKind.BACKUP, ProbeKind.STORE, ProbeKind.MAIL),
    *(ProbeKind.DISK, ProbeKind.CERTIFICATE),
)
"""Visitors see nothing of these yet. The machine's own probe is no cause: it only says whether the
other measurements can be trusted."""
PRODUCTION = "production"


@dataclass(frozen=True)
class Cause:
    """Of an outage. `name` is what its row stores."""

    kind: ProbeKind
    target: str | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.target}" if self.target else self.kind.value

    @property
    def group(self) -> str:
        """The same for causes of which only the deepest counts."""
        return f"site:{self.target or ''}" if self.kind in SITE else self.name

    @property
    def depth(self) -> int:
        return -SITE.index(self.kind) if self.kind in SITE else 0

    @property
    def affects_visitors(self) -> bool:
        """Of production. Only then are notices repeated: the rest can wait until morning."""
        is_production = (self.target or "").rpartition("/")[2] == PRODUCTION
        return self.kind in SITE and is_production

    @property
    def severity(self) -> Severity:
        return Severity.CRITICAL if self.affects_visitors else Severity.MINOR


def cause_of(kind: ProbeKind, target: str | None) -> Cause | None:
    """The cause that a failing probe is evidence of; None for one that is evidence of none."""
    return Cause(kind, target) if kind in (*SITE, *ALONE) else None


def cause_named(name: str) -> Cause | None:
    """From an outage's row; None for a name of another release."""
    kind, _, target = name.partition(":")
    try:
        return cause_of(ProbeKind(kind), target or None)
    except ValueError:
        return None


def deepest(causes: Iterable[Cause]) -> Cause:
    return max(causes, key=lambda each: each.depth)
