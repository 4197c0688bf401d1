"""The control room's home page: alerts, both directories, recent activity."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from textwrap import shorten

from flask import url_for
from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from portal.core.clock import now
from portal.core.storage.database import db
from portal.core.storage.urls import key_of
from portal.databases.backups.catalogue.find import bad_standing_rows, standing_backups
from portal.databases.backups.integrity import visible_damage
from portal.databases.backups.key import key_fault
from portal.databases.backups.manifest_faults import uncatalogued
from portal.databases.backups.offsite.upload import failed_copies
from portal.databases.backups.retention import damaged_backups, lacking_manifests
from portal.databases.changes.automatic_rollback import failure_sentence, not_verified
from portal.databases.changes.models import Ticket
from portal.databases.engines import engine_for
from portal.databases.engines.sharing import cached_on, prefetch
from portal.databases.policies.target_leases import Unreadable, why_closed
from portal.databases.status.backups import lacking
from portal.databases.status.overview import Overview, expected_overviews
from portal.databases.targets.config import Target, targets
from portal.directory.revisions import SERVES
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.presentation.catalogue import NONE
from portal.incidents.presentation.unresolved import unresolved
from portal.incidents.report import Report
from portal.incidents.reports import all_reports, title_of
from portal.incidents.sharing.open_matters import Unanswered, open_matters
from portal.incidents.sharing.share import suspended
from portal.incidents.sharing.unshared import undecided
from portal.jobs.leases.holder import worker_is_alive
from portal.runbooks.engine.queries import open_runs, waiting_runs
from portal.runbooks.models import Run

#: Open incidents that are listed by name; the others are counted.
NAMED = 10
COUNTED = 10_000
"""The limit for counting studios; the page says if there are more, since counting a million is
slow."""


@dataclass(frozen=True)
class DirectoryStatus:
    """The current state of one directory. `listed` is None if it can't be counted."""

    overview: Overview
    listed: int | None

    @property
    def is_served(self) -> bool:
        """Whether this release serves it, instead of the maintenance page."""
        return self.overview.fits and self.overview.judgement.revision in SERVES

    @property
    def counts_on(self) -> bool:
        """Whether there are more than were counted."""
        return self.listed is not None and self.listed > COUNTED

    @property
    def kind(self) -> str:
        """The card to show: the environment's if the identity is confirmed, else not identified."""
        target = self.overview.target
        return target.environment.value if self.overview.fits else "unidentified"


@dataclass(frozen=True)
class Alert:
    """An alert that somebody has to act on, and the first step."""

    sentence: str
    step: str
    address: str
    is_grave: bool = False


def directory_statuses() -> list[DirectoryStatus]:
    """The state of every expected target."""
    for target in targets():
        if name := _counted.get(key_of(target.url)):
            prefetch(target.url, name, LISTED[name])
    found = expected_overviews()
    return [DirectoryStatus(each, _listed(each.target) if each.fits else None) for each in found]


def alerts(seen: list[DirectoryStatus]) -> list[Alert]:
    """Most severe first."""
    found = [alert for directory in seen for alert in _alerts_for(directory)]
    if not worker_is_alive():
        found.append(
            Alert(
                "The worker is not running: what is started waits until it is.",
                "See what waits",
                url_for("jobs.list_operations"),
                is_grave=True,
            )
        )
    found += [
        Alert(
            f"Backup {backup.name} is damaged: {visible_damage(backup)}.",
            "Look at the backups",
            url_for("databases.list_backups"),
            is_grave=not backup.is_away,
        )
        for backup in damaged_backups()[:3]
    ]
    found += _of_backups()
    found += [
        Alert(
            f"Backup {copy.backup.name} has no copy off this machine: {copy.why}",
            "Look at the backups",
            url_for("databases.list_backups"),
        )
        for copy in failed_copies()[:1]
    ]
    found += _incidents()
    found += _of_shares()
    found += [
        Alert(
            f"Run {run.number}, “{run.title}”, waits for {run.driver_name}.",
            "Continue",
            url_for("runbooks.show_run", run_id=run.id),
        )
        for run in waiting_runs()
    ]
    found += [_alert_for(question) for question in open_matters().questions]
    return sorted(found, key=lambda alert: not alert.is_grave)


def _of_backups() -> list[Alert]:
    """Problems of backups other than damaged files: key, rows, manifests, unregistered files."""
    sentences = [fault] if (fault := key_fault()) else []
    sentences += [str(row) for row in bad_standing_rows()[:3]]
    sentences += [lacking(backup, why) for backup, why in lacking_manifests()[:3]]
    sentences += uncatalogued(known={each.name for each in standing_backups()})[:3]
    address = url_for("databases.list_backups")
    return [Alert(each, "Look at the backups", address, is_grave=True) for each in sentences]


def _incidents() -> list[Alert]:
    """One alert per open incident, for the most severe and newest ones; one for the rest; and one
    for reports that do not say whether they are over."""
    found = unresolved(all_reports(), today=now().date())
    found.reports.sort(key=lambda report: report.severity is not Severity.CRITICAL)
    listed = [
        Alert(
            _not_over(report),
            "Open the report",
            url_for("incidents.show_incident", slug=report.slug),
            is_grave=report.severity is Severity.CRITICAL,
        )
        for report in found.reports[:NAMED]
    ]
    if more := len(found.reports[NAMED:]):
        say = "1 more incident is" if more == 1 else f"{more:,} more incidents are"
        listed.append(Alert(f"{say} not over.", "See all", url_for("incidents.list_incidents")))
    if found.silent:
        count = len(found.silent)
        say = "1 report says neither its" if count == 1 else f"{count} reports say neither their"
        address = url_for("incidents.list_incidents", status=NONE, year=NONE)
        listed.append(Alert(f"{say} day nor whether the incident is over.", "See which", address))
    return listed


def _not_over(report: Report) -> str:
    if not report.states_status:
        return f"The report “{report.title}” does not say whether the incident is over."
    words = report.status_line if report.status else f"“{report.status_text}”"
    return f"The incident “{report.title}” is not over: {shorten(words, 120, placeholder='…')}."


def _of_shares() -> Iterator[Alert]:
    """Reports that lost their readers, by the new default or by a change of their file."""
    if count := len(undecided()):
        which = (
            "1 report that clients could read is"
            if count == 1
            else (f"{count} reports that clients could read are")
        )
        yield Alert(
            f"{which} for staff since the upgrade.",
            "Choose what to share",
            url_for("incidents.list_unshared"),
        )
    for each in suspended():
        yield Alert(
            f"“{each.title}” was shared, and clients can’t read it now: {each.why_suspended}.",
            "Look at the share",
            url_for("incidents.show_sharing", slug=each.slug),
        )


def _alert_for(question: Unanswered) -> Alert:
    client = f", {question.client}," if question.client else ""
    return Alert(
        f"{question.name}{client} asks about “{title_of(question.slug)}”.",
        "Answer",
        url_for("incidents.show_incident", slug=question.slug, _anchor="questions"),
    )


def _alerts_for(directory: DirectoryStatus) -> Iterator[Alert]:
    overview = directory.overview
    name = overview.target.name.capitalize()
    databases = url_for("databases.list_databases")
    here = f"{databases}#{overview.target.name}"
    for wrong in [*overview.guard_faults, *filter(None, [overview.unreadable])]:
        yield Alert(f"{name}: {wrong}", "Look at the database", here, is_grave=True)
    if overview.ahead or not overview.fits:
        sentence = overview.ahead or str(overview.judgement)
        yield Alert(sentence, "Look at the databases", databases, is_grave=True)
    elif ticket := overview.unreturned:
        back = url_for("databases.show_restore", name=ticket.plan.backup.name)
        yield Alert(failure_sentence(ticket), "Go back to before it", back, is_grave=True)
    elif overview.pending:
        count = len(overview.pending)
        changes = "1 change" if count == 1 else f"{count} changes"
        address = url_for("databases.list_migrations")
        yield Alert(f"{name} is {changes} behind.", "Review the change", address)
    if overview.fits and (closed := why_closed(overview.target, quickly=True)):
        is_grave = isinstance(closed, Unreadable)
        yield Alert(closed.sentence, "Look at the processes", here, is_grave=is_grave)
    if ticket := overview.unverified:
        yield Alert(not_verified(ticket) or "", "Verify it", _run_of(ticket), is_grave=True)
    if attempt := overview.failed_sync:
        yield Alert(f"{name} was not synced: {attempt.outcome}", "Look at the sync", here)


def _run_of(ticket: Ticket) -> str:
    """The page of the change's run, which has the button; a change from the terminal has no run."""
    run = next((each.id for each in open_runs() if each.uuid == ticket.run), None)
    if run is None and ticket.run:
        run = db.session.scalar(select(Run.id).where(Run.uuid == ticket.run))
    if run is None:
        return url_for("databases.list_migrations")
    return url_for("runbooks.show_run", run_id=run)


def _listed(target: Target) -> int | None:
    """The number of studios that visitors may see, in the old or the new schema."""
    if not target.is_directory:
        return None
    try:
        with engine_for(target.url).reading() as connection:
            return _count(connection, target)
    except DatabaseError:
        return None


def _count(connection: Connection, target: Target) -> int | None:
    tables, place = engine_for(target.url).tables(connection), key_of(target.url)
    name = next((each for each in LISTED if each in tables), None)
    if name is None:
        return None
    _counted[place] = name
    return cached_on(
        connection, name, lambda opened: int(opened.exec_driver_sql(LISTED[name]).scalar_one())
    )


_counted: dict[Hashable, str] = {}
"""The table that was counted last, by address: the next page includes it in its combined query."""


LISTED = {
    name: f"SELECT count(*) FROM (SELECT 1 FROM {name} WHERE status = 'active'"  # noqa: S608
    f" AND is_profile_visible LIMIT {COUNTED + 1}) AS listed"
    for name in ("studio_profiles", "studios")
}
