"""The data of /ops/backups: backups and where each is, what is removed next, sizes over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.core.clock import now
from portal.core.configuration.cron import next_slot
from portal.core.configuration.settings import settings
from portal.databases.backups.catalogue.find import standing_backups
from portal.databases.backups.integrity import visible_damage
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.backups.retention import next_removals
from portal.databases.targets.registry import registered_target

CHARTED = 30
SHOWN = 50
BAR, GAP, HEIGHT = 8.0, 2.0, 40.0


@dataclass(frozen=True)
class KeptBackup:
    """A backup and where it is: here, and in the store. `damage` is what is wrong with the local
    file; `copy` is None if no upload was attempted.
    """

    backup: Backup
    damage: str | None
    copy: BackupCopy | None
    goes_next: bool

    @property
    def is_here(self) -> bool:
        return self.damage is None

    @property
    def counts(self) -> bool:
        """Verified, and still intact in at least one place."""
        return self.backup.is_proven and (self.is_here or self.is_away)

    @property
    def is_away(self) -> bool:
        return self.copy is not None and self.copy.state is CopyState.STORED

    @property
    def has_failed(self) -> bool:
        return self.copy is not None and self.copy.state is CopyState.FAILED


@dataclass(frozen=True)
class Bar:
    x: float
    height: float


@dataclass(frozen=True)
class Chart:
    """Bars of one measure, the oldest first, in the drawing's own units."""

    bars: list[Bar]
    least: float
    most: float
    width: float = CHARTED * (BAR + GAP)
    height: float = HEIGHT
    bar: float = BAR


@dataclass(frozen=True)
class BackupList:
    """The backups of one target, the newest first, and their measures over time."""

    kept: list[KeptBackup]
    more: int
    sizes: Chart | None
    seconds: Chart | None


@dataclass(frozen=True)
class Rules:
    """What happens automatically: when, what is kept, where copies go, and what is removed next."""

    schedule: str | None
    next_at: datetime | None
    keep: str
    store: str | None
    removals: list[Backup]


def backups_of(target: str) -> list[Backup]:
    """All that were not removed; the newest first."""
    return [each for each in standing_backups() if each.target == target]


def shelf_of(found: list[Backup], removals: list[Backup]) -> BackupList:
    going = {each.name for each in removals}
    route = settings().backup_store
    kept = [
        KeptBackup(
            backup=each,
            damage=visible_damage(each),
            copy=_copy_in(each, route.address) if route else None,
            goes_next=each.name in going,
        )
        for each in found[:SHOWN]
    ]
    measured = list(reversed([each for each in found if each.is_proven][:CHARTED]))
    return BackupList(
        kept=kept,
        more=max(0, len(found) - SHOWN),
        sizes=_chart([each.size for each in measured]),
        seconds=_chart([each.seconds for each in measured]),
    )


def without_backup(names: Sequence[str]) -> list[str]:
    """Those of which no verified backup is intact on this machine or in a store."""
    return [name for name in names if not _usable(name)]


def only_here(names: Sequence[str]) -> list[str]:
    """Those whose intact verified backups are all on this machine alone."""
    return [name for name in names if (found := _usable(name)) and not any(map(_is_away, found))]


def _usable(name: str) -> list[Backup]:
    """Of the registered database only: others can't take its place."""
    known = registered_target(name)
    return [
        each
        for each in backups_of(name)
        if (known is None or each.database_uuid == known.database_uuid)
        and each.is_proven
        and (each.is_away or visible_damage(each) is None)
    ]


def _is_away(backup: Backup) -> bool:
    return backup.is_away


def rules() -> Rules:
    config = settings()
    next_at = next_slot(config.backup_schedule, now()) if config.backup_schedule else None
    keep = config.backup_keep
    return Rules(
        schedule=config.backup_schedule,
        next_at=next_at,
        keep=f"{keep.daily} days, {keep.weekly} weeks, {keep.monthly} months",
        store=config.backup_store.address if config.backup_store else None,
        removals=next_removals(next_at),
    )


def _copy_in(backup: Backup, store: str) -> BackupCopy | None:
    return next((copy for copy in backup.copies if copy.store == store), None)


def _chart(values: list[float] | list[int]) -> Chart | None:
    """None for fewer than two values: a single bar shows no trend."""
    if len(values) < 2:
        return None
    most = max(values)
    start = CHARTED - len(values)
    bars = [
        Bar(x=(start + at) * (BAR + GAP), height=round(max(1.0, HEIGHT * value / (most or 1)), 1))
        for at, value in enumerate(values)
    ]
    return Chart(bars=bars, least=min(values), most=most)
