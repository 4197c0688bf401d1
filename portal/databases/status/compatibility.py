"""Whether the processes that are live now can serve what a backup restores."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.core.page import cached_per_page
from portal.core.storage.database import db
from portal.databases.backups.models import Backup
from portal.databases.policies.release_gate import leases_of
from portal.databases.targets.config import Target
from portal.databases.targets.registry import registered_target
from portal.jobs.models import Lease


@dataclass(frozen=True)
class Compatibility:
    """`is_compatible` is None where it can't be said; `word` is the badge's, `sentence` why."""

    is_compatible: bool | None
    word: str
    sentence: str

    @property
    def kind(self) -> str:
        """Of the badge."""
        return {True: "done", False: "pending", None: "unknown"}[self.is_compatible]


def compatibility_of(backup: Backup, target: Target) -> Compatibility:
    """Only what the live processes say of themselves counts; what none of them says is unknown."""
    known, leases = registered_target(target.name), leases_of(target)
    if known is not None and known.database_uuid != backup.database_uuid:
        sentence = f"It is of another database than the registered {target.name}."
        return Compatibility(False, "another database", sentence)
    if not target.is_directory:
        sentence = f"No process of {target.application} says which revisions it can serve."
        return Compatibility(None, "unknown", sentence)
    if not backup.revision:
        return Compatibility(None, "unknown", "It holds no revision.")
    if not leases:
        return Compatibility(None, "unknown", "Can’t be said: no process is live.")
    behind = [each for each in leases if backup.revision not in each.serves]
    releases = _listed({each.release for each in leases})
    if not behind:
        return Compatibility(True, "compatible", f"Release {releases}, which is live, serves it.")
    return Compatibility(False, "incompatible", _needs(backup.revision, behind, target))


def _needs(revision: str, behind: list[Lease], target: Target) -> str:
    live = _listed({each.release for each in behind})
    able = _releases_by_revision(target.environment.value).get(revision)
    needed = f"Needs release {able}" if able else f"Needs a release that serves {revision}"
    return f"{needed}; {live}, which is live, does not."


@cached_per_page
def _releases_by_revision(environment: str) -> dict[str, str]:
    """The release that served each revision last, of the processes of the last day."""
    query = select(Lease.release, Lease.serves).where(Lease.environment == environment)
    found: dict[str, str] = {}
    for release, serves in db.session.execute(query.order_by(Lease.started_at)):
        found |= dict.fromkeys(serves, release)
    return found


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
