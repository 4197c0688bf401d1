"""A target's state in one sentence, and the first thing to do about it.

What could not be read is never said to be in order. The first of `LOOKS` that applies is the state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from portal.databases.backups.integrity import is_fresh
from portal.databases.changes.automatic_rollback import failure_sentence, not_verified
from portal.databases.restores.into_empty_target import is_lost
from portal.databases.status.overview import Overview
from portal.databases.targets.identity import IdentityState


@dataclass(frozen=True)
class NextStep:
    """A link to a page of these databases, or a button: then `fields` is what it sends."""

    words: str
    endpoint: str
    values: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] | None = None


@dataclass(frozen=True)
class TargetState:
    """`kind` and `word` are the badge's."""

    kind: str
    word: str
    sentence: str
    step: NextStep | None = None

    @property
    def is_bad(self) -> bool:
        return self.kind in {"failed", "unidentified"}


def state_of(overview: Overview) -> TargetState:
    return next(found for look in LOOKS if (found := look(overview)))


def restore_step(overview: Overview) -> NextStep | None:
    """To the newest verified backup of the registered database, if a backup can be put there."""
    if overview.backup is None or not is_lost(overview.target):
        return None
    words = f"Restore {overview.target.name}"
    return NextStep(words, "databases.show_restore", {"name": overview.backup.name})


def _not_identified(overview: Overview) -> TargetState | None:
    judgement, name = overview.judgement, overview.target.name
    if judgement.fits:
        return None
    if not overview.is_expected:
        return TargetState("unknown", "not set up", judgement.sentence)
    step = restore_step(overview) or NextStep("See its backups", *_at_backups(name))
    if judgement.state is IdentityState.MISSING:
        return TargetState("failed", "missing", judgement.sentence, step)
    if judgement.state is IdentityState.UNREACHABLE:
        word = "damaged" if judgement.is_damaged else "can’t be read"
        return TargetState("failed", word, judgement.sentence, step)
    if step.endpoint != "databases.show_restore":
        step = NextStep("Look at this database", "databases.show_adoption", {"target": name})
    word = "empty" if judgement.state is IdentityState.EMPTY else "not identified"
    return TargetState("unidentified", word, judgement.sentence, step)


def _not_rolled_back(overview: Overview) -> TargetState | None:
    if (ticket := overview.unreturned) is None:
        return None
    step = NextStep(
        "Restore the backup before it", "databases.show_restore", {"name": ticket.plan.backup.name}
    )
    return TargetState("failed", "not verified", failure_sentence(ticket), step)


def _unprotected(overview: Overview) -> TargetState | None:
    """What its own notice on the page says in full, with what to do."""
    if not (overview.guard_faults or overview.unreadable):
        return None
    return TargetState("failed", "problem", "It is there, and a problem stops its next change.")


def _ahead(overview: Overview) -> TargetState | None:
    return TargetState("failed", "unknown revision", overview.ahead) if overview.ahead else None


def _changed_by_hand(overview: Overview) -> TargetState | None:
    if overview.drift is None:
        return None
    step = NextStep(
        "See what differs",
        "databases.list_databases",
        {"database": overview.target.name, "_anchor": f"{overview.target.name}-drift"},
    )
    return TargetState("failed", "changed by hand", overview.drift.sentence, step)


def _unverified(overview: Overview) -> TargetState | None:
    if (ticket := overview.unverified) is None:
        return None
    step = NextStep("Verify it", *_at_migrations(overview.target.name))
    return TargetState("waiting", "not yet verified", not_verified(ticket) or "", step)


def _behind(overview: Overview) -> TargetState | None:
    if not overview.pending:
        return None
    count = len(overview.pending)
    waits = "1 change is pending" if count == 1 else f"{count} changes are pending"
    sentence = f"Identity confirmed; {waits}: {overview.pending[0].title.rstrip('.')}."
    step = NextStep("Review the change", *_at_migrations(overview.target.name))
    return TargetState("pending", f"{count} pending", sentence, step)


def _without_backup(overview: Overview) -> TargetState | None:
    if overview.backup is None:
        sentence = "Its schema is current, and there is no verified backup of it."
        return TargetState("waiting", "no backup", sentence, _back_up(overview))
    if not is_fresh(overview.backup):
        sentence = "Its schema is current, and its newest verified backup is older than a day."
        return TargetState("waiting", "old backup", sentence, _back_up(overview))
    return None


def _current(overview: Overview) -> TargetState:
    sentence = "Identity confirmed, schema current, backed up within the last day."
    return TargetState("done", "current", sentence, _back_up(overview))


def _back_up(overview: Overview) -> NextStep:
    name = overview.target.name
    return NextStep(f"Back up {name} now", "databases.create_backup", fields={"target": name})


def _at_backups(name: str) -> tuple[str, dict[str, str]]:
    return "databases.list_backups", {"database": name}


def _at_migrations(name: str) -> tuple[str, dict[str, str]]:
    return "databases.list_migrations", {"_anchor": name}


LOOKS: tuple[Callable[[Overview], TargetState | None], ...] = (
    _not_identified,
    _not_rolled_back,
    _unprotected,
    _ahead,
    _changed_by_hand,
    _unverified,
    _behind,
    _without_backup,
    _current,
)
