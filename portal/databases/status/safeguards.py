"""The safeguards of a target, and whether each is on now.

docs/guard.md describes them.
"""

from collections.abc import Callable, Sequence

from portal.core.configuration.settings import ApprovalRule, settings
from portal.core.errors import PortalError
from portal.core.storage.database import JsonDict
from portal.databases.backups.integrity import is_fresh
from portal.databases.changes.automatic_rollback import (
    failure_sentence,
    not_verified,
    rollback_hint,
)
from portal.databases.changes.plan import newest_plan
from portal.databases.policies.expand_contract import SOAK
from portal.databases.policies.release_gate import named
from portal.databases.policies.target_leases import why_closed, why_none_can_stand
from portal.databases.sessions.strangers import unknown_sessions
from portal.databases.status import safeguards_external
from portal.databases.status.overview import Overview
from portal.databases.status.safeguards_external import Layer
from portal.databases.sync.preconditions import require_all_listed
from portal.databases.targets.database_roles import wrong_rights
from portal.databases.targets.identity import IdentityState


def layers_of(overview: Overview) -> list[Layer]:
    if overview.target.is_directory:
        return [look(overview) for look in LOOKS]
    return [OF_OTHERS.get(look, look)(overview) for look in LOOKS]


def summary_of(layers: Sequence[Layer]) -> str:
    """How many are on, off, optional and off, and not needed: "12 on · 1 off (optional)"."""
    off = [each for each in layers if each.holds is False]
    optional = sum(each.is_optional for each in off)
    counts = {
        "on": sum(each.holds is True for each in layers),
        "off": len(off) - optional,
        "off (optional)": optional,
        "not needed": sum(each.holds is None for each in layers),
    }
    return " · ".join(f"{count} {word}" for word, count in counts.items() if count)


def _identity(overview: Overview) -> Layer:
    judgement = overview.judgement
    return Layer("Identity", judgement.fits, judgement.sentence, judgement.remedy)


def _clones(overview: Overview) -> Layer:
    name = "Clone detection"
    if overview.judgement.state in {IdentityState.COPY, IdentityState.MOVED}:
        return Layer(name, False, overview.judgement.sentence, overview.judgement.remedy)
    if not overview.judgement.fits:
        return Layer(name, None, "Without an identity there is nothing to compare.")
    return Layer(
        name, True, "The location is the registered one, and no other address leads to it."
    )


def _release_gate(overview: Overview) -> Layer:
    """Whether the live processes can serve the revision that the pending change leads to."""
    name, history = "Release gate", overview.target.history
    leads_to = overview.pending[-1].id if overview.pending else history.head()
    behind = [lease for lease in overview.leases if leads_to not in lease.serves]
    if behind and overview.fits:
        return Layer(
            name,
            True,
            f"Refuses a change to {leads_to}: {'; '.join(named(lease) for lease in behind)}.",
            "Deploy the matching code there, or stop the process.",
        )
    if not overview.fits:
        return Layer(name, True, "Refuses every change: its identity is not confirmed.")
    if closed := _gate_closed(name, overview):
        return closed
    if bare := why_none_can_stand(overview.target):
        return Layer(name, False, bare, "Give its processes write access to that folder.")
    if not overview.leases:
        return Layer(name, True, "No process serves it now.")
    releases = ", ".join(overview.releases)
    return Layer(name, True, f"Every live process ({releases}) can serve {leads_to}.")


def _gate_closed(name: str, overview: Overview) -> Layer | None:
    if closed := why_closed(overview.target, quickly=True):
        return Layer(name, True, f"Refuses every change: {closed.sentence}", closed.remedy)
    if strangers := unknown_sessions(overview.target):
        return Layer(
            name,
            True,
            f"Refuses a change beside {'; '.join(each.words for each in strangers)}.",
            "End these sessions, or restart these programs.",
        )
    return None


def _guard(overview: Overview) -> Layer:
    if overview.guard_faults:
        return _without_trigger(overview)
    if not overview.fits:
        return Layer("Guard", True, "Without a confirmed identity no command changes it.")
    if wrong := wrong_rights(overview.target):
        remedy = f"Fix the roles, then run: flask databases roles {overview.target.name}"
        return Layer("Guard", False, " ".join(wrong), remedy)
    if overview.target.is_production:
        return Layer("Guard", True, "No command changes it without a ticket for a locked plan.")
    return Layer("Guard", True, "Commands may change it while its identity matches, on record.")


def _without_trigger(overview: Overview) -> Layer:
    return Layer("Guard", False, " ".join(overview.guard_faults), overview.guard_remedy)


def _guard_of_others(overview: Overview) -> Layer:
    return (
        _without_trigger(overview) if overview.guard_faults else safeguards_external.guard(overview)
    )


def _confirmation(overview: Overview) -> Layer:
    name = "Typed confirmation"
    if not overview.target.is_production:
        return Layer(name, None, "Development needs none.")
    if settings().production_approval is ApprovalRule.SECOND_PERSON:
        return Layer(name, True, "The phrase, then a second person.")
    return Layer(name, True, "The phrase, then a second confirmation after a fresh login.")


def _backup(overview: Overview) -> Layer:
    name, backup = "Backup, verified", overview.backup
    if backup is None:
        return Layer(name, False, "There is no verified backup.", "Take one now.")
    if not is_fresh(backup):
        return Layer(name, False, f"{backup.name} is older than a day.", "Take one now.")
    return Layer(name, True, f"{backup.name} was restored and agreed.")


def _nothing_pending(name: str, overview: Overview) -> Layer:
    """What was not read is not said to be current."""
    if not overview.fits:
        return Layer(name, None, "Unknown: its identity is not confirmed.")
    if overview.ahead:
        return Layer(name, None, "Unknown: this release does not know its revision.")
    return Layer(name, None, "Nothing is pending.")


def _invariants(overview: Overview) -> Layer:
    name = "Invariants"
    if not overview.pending:
        return _nothing_pending(name, overview)
    count = sum(
        len(getattr(revision.module, "upgrade_invariants", [])) for revision in overview.pending
    )
    if not count:
        return Layer(name, False, "The pending revisions declare no checks.", "Declare checks.")
    return Layer(name, True, f"{count} checks are compared before the change is committed.")


def _phase(overview: Overview) -> Layer:
    name = "Phase"
    if not overview.pending:
        return _nothing_pending(name, overview)
    unclear = [each.id for each in overview.pending if each.phase not in {"expand", "contract"}]
    if unclear:
        return Layer(name, False, f"{', '.join(unclear)} names no phase.", "Say which in the file.")
    taking = [each.id for each in overview.pending if each.contracts]
    if not taking:
        return Layer(name, True, "What is pending only adds.")
    named, hours = ", ".join(taking), f"{SOAK.total_seconds() / 3600:.0f} hours"
    if any(each.expand for each in overview.pending):
        return Layer(name, True, f"{named} is breaking, and waits {hours} after its expand.")
    if not overview.target.is_directory:
        return safeguards_external.contract(overview, named)
    return Layer(name, True, f"{named} is breaking: it waits for old code to end.")


def _plan(overview: Overview) -> Layer:
    if not overview.target.is_production:
        return Layer("Locked plan", None, "Development needs none.")
    return Layer("Locked plan", True, "Only a plan that was rehearsed and locked is carried out.")


def _rehearsal(overview: Overview) -> Layer:
    if not overview.target.is_production:
        return Layer("Rehearsal", None, "Development needs none.")
    return Layer("Rehearsal", True, "No plan without the change on a restored copy.")


def _drift(overview: Overview) -> Layer:
    name, known = "Drift gate", overview.known
    if not overview.fits or known is None:
        return Layer(name, None, "Without an identity there is nothing to compare.")
    if known.schema_digest is None:
        return Layer(name, False, "No schema is on record.", "Adopt it again, or change it once.")
    if overview.drift:
        return Layer(name, False, overview.drift.sentence, "Undo it, or accept it with a reason.")
    if overview.not_compared:
        return Layer(name, False, overview.not_compared, "Accept them as they are, with a reason.")
    return Layer(name, True, "The schema is the one that the last change left.")


def _lint(overview: Overview) -> Layer:
    """The findings of the newest rehearsal of these very revisions, which runs the linter."""
    name, findings = "Lint and time-outs", _findings(overview)
    if not overview.pending:
        return _nothing_pending(name, overview)
    if findings is None:
        return Layer(name, None, "The rehearsal looks at it; at a terminal: flask databases lint")
    for each in findings:
        if not each["accepted"]:
            return Layer(name, False, f"{each['where']}: {each['sentence']}", each["safer"])
    return Layer(name, True, "Nothing dangerous is pending that its author does not account for.")


def _findings(overview: Overview) -> list[JsonDict] | None:
    plan = newest_plan(overview.target.name)
    if plan is None or plan.to_revision not in {each.id for each in overview.pending}:
        return None
    return plan.findings


def _window(overview: Overview) -> Layer:
    name, known = "Window and maintenance mode", overview.known
    if known is None or not overview.target.is_production:
        return Layer(name, None, "Development needs none.")
    if not known.requires_window:
        remedy = "An admin can require windows."
        return Layer(name, False, "It may be changed at any time.", remedy, is_optional=True)
    return Layer(name, True, "It is changed inside scheduled windows only.")


def _return(overview: Overview) -> Layer:
    name = "Automatic rollback"
    if not overview.target.is_production:
        return Layer(name, None, "Development keeps the backup from before its change.")
    if ticket := overview.unreturned:
        return Layer(name, False, failure_sentence(ticket), rollback_hint(ticket))
    if ticket := overview.unverified:
        return Layer(name, False, not_verified(ticket) or "", "Its run's page has the button.")
    if not overview.fits:
        return Layer(name, None, "Without an identity nothing is changed or rolled back.")
    return Layer(name, True, "A change that fails verification is rolled back from its backup.")


def _sync(overview: Overview) -> Layer:
    name = "Sync firewall"
    if not overview.fits:
        return Layer(name, None, "Without an identity nothing is copied from it or to it.")
    if not overview.target.is_production:
        return Layer(name, True, "Only what was cleaned and scanned is put here, after a backup.")
    try:
        columns = require_all_listed(overview.target)
    except PortalError as refusal:
        return Layer(name, False, refusal.sentence, refusal.remedy)
    return Layer(name, True, f"Each of its {columns} columns is kept, faked or left blank.")


LOOKS: tuple[Callable[[Overview], Layer], ...] = (
    _identity,
    _clones,
    _release_gate,
    _phase,
    _plan,
    _guard,
    _confirmation,
    _backup,
    _rehearsal,
    _invariants,
    _drift,
    _lint,
    _window,
    _return,
    _sync,
)

OF_OTHERS: dict[Callable[[Overview], Layer], Callable[[Overview], Layer]] = {
    _release_gate: safeguards_external.release_gate,
    _guard: _guard_of_others,
    _window: safeguards_external.maintenance,
    _sync: safeguards_external.sync,
}
"""For databases of other applications; these replace those that know the directory."""
