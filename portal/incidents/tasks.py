"""Periodic tasks of the worker for incident reports."""

from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from portal.incidents.live.maintenance import maintenance_to_settle, settle_maintenance
from portal.incidents.sharing.share import end_moot_shares, moot_shares
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.worker.each_second import every_tick


@every_tick
def end_what_files_decide() -> None:
    """End shares of reports whose file now states an audience; files may be changed by hand."""
    with read_and_release():
        slugs = moot_shares()
    if slugs:
        end_moot_shares(by=SYSTEM)
        db.session.commit()


@every_tick
def move_maintenance_on() -> None:
    """Planned maintenance begins and ends at the times that were announced; commits."""
    with read_and_release():
        ids = maintenance_to_settle()
    if ids:
        settle_maintenance(ids)
