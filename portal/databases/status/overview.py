"""The state of each target: for its page, the home page and the command line."""

from dataclasses import dataclass, field

from portal.core.errors import PortalError
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.backups.models import Backup
from portal.databases.changes.automatic_rollback import (
    backup_failure,
    change_not_rolled_back,
    unverified_change,
)
from portal.databases.changes.models import Ticket
from portal.databases.engines import engine_for
from portal.databases.migrations.revision import Revision
from portal.databases.policies.drift import Drift, drift_of, not_compared
from portal.databases.policies.models import Window
from portal.databases.policies.release_gate import leases_of
from portal.databases.policies.target_leases import neighbours, watch
from portal.databases.policies.windows import coming_windows
from portal.databases.sessions.known import known_sessions
from portal.databases.sessions.models import KnownSession
from portal.databases.sessions.strangers import Sessions, other_sessions
from portal.databases.sync.models import Sync
from portal.databases.sync.results import failed_sync, last_sync
from portal.databases.targets.config import Target, served_target, targets
from portal.databases.targets.database_roles import put_back
from portal.databases.targets.identity import IdentityState, Judgement, judge
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Lease, Operation


@dataclass(frozen=True)
class Overview:
    """One target as it is now. `ahead` is the sentence if its revision is unknown here.

    `guard_faults`: what is wrong with the database's own trigger; `unreadable`: why rows can't be
    read, and who has to grant what.
    """

    target: Target
    judgement: Judgement
    address: str
    engine: str
    size: int | None
    pending: list[Revision]
    ahead: str | None
    leases: list[Lease]
    backup: Backup | None
    drift: Drift | None
    guard_faults: list[str] = field(default_factory=list)
    unreadable: str | None = None

    @property
    def guard_remedy(self) -> str:
        return put_back(self.target.name)

    @property
    def not_compared(self) -> str | None:
        """What drift detection does not compare yet, while the record is an earlier release's."""
        return not_compared(self.target) if self.fits else None

    @property
    def windows(self) -> list[Window]:
        return coming_windows(self.target.name)

    @property
    def is_expected(self) -> bool:
        """Whether a database is expected here: it is registered, there, or the one we serve.

        A developer's machine knows no production at all, which is fine.
        """
        return (
            self.judgement.state is not IdentityState.MISSING
            or registered_target(self.target.name) is not None
            or self.target == served_target()
            or not self.target.is_directory
        )

    @property
    def known(self) -> RegisteredTarget | None:
        """The registered row under the target's name."""
        return registered_target(self.target.name)

    @property
    def last_sync(self) -> Sync | None:
        return last_sync(self.target.name)

    @property
    def failed_sync(self) -> Operation | None:
        """The newest attempt, if it failed: a schedule must not fail silently."""
        return failed_sync(self.target.name)

    @property
    def neighbours(self) -> list[str]:
        """Live processes of the control room that the label belongs to; queried now."""
        if not self.judgement.is_anothers:
            return []
        watch(self.target)
        return neighbours(self.target, quickly=True).sentences

    @property
    def fits(self) -> bool:
        return self.judgement.fits

    @property
    def unreturned(self) -> Ticket | None:
        """The change that is in place though it does not verify, until it is rolled back."""
        return change_not_rolled_back(self.target) if self.fits else None

    @property
    def unverified(self) -> Ticket | None:
        """The last change, while it is committed and could not be verified."""
        return unverified_change(self.target)

    @property
    def unsaved(self) -> str | None:
        """Why the state that the last change left has no backup, if it could not be taken."""
        return backup_failure(self.target)

    @property
    def leads_to(self) -> str | None:
        """The revision that its processes have to serve after the pending change; None if it was
        not read."""
        if not self.fits:
            return None
        return self.pending[-1].id if self.pending else self.judgement.revision

    @property
    def behind(self) -> list[Lease]:
        """Live processes that can't serve that revision."""
        return [each for each in self.leases if self.leads_to not in each.serves]

    @property
    def releases(self) -> list[str]:
        return sorted({lease.release for lease in self.leases})

    @property
    def sessions(self) -> Sessions | None:
        """Sessions that are no process of ours; None where the engine lists none."""
        sees = engine_for(self.target.url).sees_sessions
        return other_sessions(self.target) if self.fits and sees else None

    @property
    def declared(self) -> list[KnownSession]:
        return known_sessions(self.target)

    @property
    def short_uuid(self) -> str | None:
        label = self.judgement.label
        return _short(label.database_uuid) if label else None


@dataclass(frozen=True)
class Band:
    """The content of the coloured band of a page about a target."""

    environment: str | None
    details: list[str]


def band_of(name: str) -> Band:
    """The band for a target by its name; not identified unless its identity is confirmed."""
    known = next((target for target in targets() if target.name == name), None)
    if known is None:
        return Band(None, [name])
    judgement = judge(known)
    parts = [known.name, known.application, engine_for(known.url).title]
    if judgement.label:
        parts.append(_short(judgement.label.database_uuid))
    return Band(known.environment.value if judgement.fits else None, parts)


def _short(database_uuid: str) -> str:
    return f"{database_uuid[:4]}…"


def overviews() -> list[Overview]:
    return [overview_of(target) for target in targets()]


def expected_overviews() -> list[Overview]:
    """The overviews of every expected target, production first."""
    found = [overview_of(target) for target in production_first()]
    return [overview for overview in found if overview.is_expected]


def production_first() -> list[Target]:
    """The order of pages."""
    return sorted(targets(), key=lambda target: not target.is_production)


def overview_of(target: Target) -> Overview:
    judgement = judge(target)
    engine = engine_for(target.url)
    waiting, ahead = _pending(target, judgement)
    drift, guard_faults, unreadable = _seen(target) if judgement.fits else (None, [], None)
    return Overview(
        target=target,
        judgement=judgement,
        address=engine.address,
        engine=engine.title,
        size=engine.size() if judgement.is_there else None,
        pending=waiting,
        ahead=ahead,
        leases=leases_of(target),
        backup=newest_backup(target.name),
        drift=drift,
        guard_faults=guard_faults,
        unreadable=unreadable,
    )


def _seen(target: Target) -> tuple[Drift | None, list[str], str | None]:
    engine = engine_for(target.url)
    with engine.reading() as connection:
        why = engine.unreadable(connection)
        return (
            drift_of(target, connection),
            engine.guard_faults(connection),
            str(why) if why else None,
        )


def _pending(target: Target, judgement: Judgement) -> tuple[list[Revision], str | None]:
    if not judgement.is_there:
        return [], None
    try:
        return target.history.pending(judgement.revision), None
    except PortalError as error:
        return [], str(error)
