"""The layers of protection around a target, and whether each holds now.

Source: the table of mechanisms in the design's page on guarded databases. What is not built yet
is named as that, never shown as holding.
"""

from collections.abc import Callable
from dataclasses import dataclass

from portal.core.settings import ApprovalRule, settings
from portal.databases.backup import is_fresh
from portal.databases.identity import Standing
from portal.databases.overview import Overview
from portal.databases.releases import named
from portal.databases.revisions import head

NOT_BUILT = (
    "Phases and their linter",
    "Drift gate",
    "Lock and statement time-outs",
    "Windows and maintenance mode",
    "Automatic return after a failed verification",
    "Sync firewall",
)


@dataclass(frozen=True)
class Layer:
    """One layer: `holds` is None where there is nothing to hold, `sentence` says why or why not."""

    name: str
    holds: bool | None
    sentence: str
    way_out: str | None = None


def layers_of(overview: Overview) -> list[Layer]:
    return [look(overview) for look in LOOKS]


def _identity(overview: Overview) -> Layer:
    judgement = overview.judgement
    return Layer("Identity", judgement.fits, judgement.sentence, judgement.way_out)


def _clones(overview: Overview) -> Layer:
    name = "Clone detection"
    if overview.judgement.standing in {Standing.COPY, Standing.MOVED}:
        return Layer(name, False, overview.judgement.sentence, overview.judgement.way_out)
    if not overview.judgement.fits:
        return Layer(name, None, "Without an identity there is nothing to compare.")
    return Layer(
        name, True, "The anchor is the registered one, and no other address answers to it."
    )


def _release_gate(overview: Overview) -> Layer:
    """Whether what is alive can serve where the pending change leads."""
    name, leads_to = "Release gate", overview.pending[-1].id if overview.pending else head()
    behind = [lease for lease in overview.leases if leads_to not in lease.serves]
    if behind:
        return Layer(
            name,
            True,
            f"Refuses a change to {leads_to}: {'; '.join(named(lease) for lease in behind)}.",
            "Deploy the matching code there, or stop the process.",
        )
    if not overview.leases:
        return Layer(name, True, "No process serves it now.")
    releases = ", ".join(overview.releases)
    return Layer(name, True, f"Every live process ({releases}) can serve {leads_to}.")


def _guard(overview: Overview) -> Layer:
    if overview.target.is_production:
        return Layer("Guard", True, "No command changes it without a ticket for a sealed plan.")
    return Layer("Guard", True, "Commands may change it while its identity fits; each is recorded.")


def _confirmation(overview: Overview) -> Layer:
    name = "Typed confirmation"
    if not overview.target.is_production:
        return Layer(name, None, "Development needs none.")
    if settings().production_approval is ApprovalRule.SECOND_PERSON:
        return Layer(name, True, "The phrase, then a second person.")
    return Layer(name, True, "The phrase, then a second confirmation after a fresh login.")


def _backup(overview: Overview) -> Layer:
    name, backup = "Backup, proven", overview.backup
    if backup is None:
        return Layer(name, False, "There is no proven backup.", "Take one now.")
    if not is_fresh(backup):
        return Layer(name, False, f"{backup.name} is older than a day.", "Take one now.")
    return Layer(name, True, f"{backup.name} was restored and agreed.")


def _invariants(overview: Overview) -> Layer:
    name = "Invariants"
    if not overview.pending:
        return Layer(name, None, "Nothing is pending.")
    count = sum(
        len(getattr(revision.module, "upgrade_invariants", [])) for revision in overview.pending
    )
    if not count:
        return Layer(
            name, False, "The pending revisions promise nothing.", "Declare what must hold."
        )
    return Layer(name, True, f"{count} promises are compared before the change is committed.")


LOOKS: tuple[Callable[[Overview], Layer], ...] = (
    _identity,
    _clones,
    _release_gate,
    _guard,
    _confirmation,
    _backup,
    _invariants,
)
