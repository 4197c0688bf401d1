"""Measurements of what the control room depends on: backups, their store, the mail server."""

import smtplib
import ssl
from datetime import datetime, timedelta

from portal.core.clock import now
from portal.core.configuration.cron import newest_slot
from portal.core.configuration.mail_url import MailRoute
from portal.core.configuration.settings import OPS
from portal.core.configuration.store_url import StoreRoute
from portal.core.durations import duration
from portal.core.errors import PortalError
from portal.core.files.object_store import Store
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.targets.config import targets
from portal.databases.targets.registry import known_control_room, registered_target
from portal.jobs.leases.clocks import is_ahead
from portal.jobs.operations.recovery import read_and_release
from portal.monitoring.probes.measures.fetch import Deadline
from portal.monitoring.probes.measures.finding import Finding, failed, inconclusive, passed

MAY_TAKE = timedelta(hours=1)
"""After its time, until its backup has to be there."""


def measure_backup(schedule: str) -> Finding:
    """Each database has a verified backup of the last time of BACKUP_SCHEDULE, or a newer one."""
    at = now()
    due = newest_slot(schedule, at - MAY_TAKE)
    with read_and_release():
        begun = _known_since()
        newest = {name: _taken_at(name) for name in begun}
    late = [
        name for name, taken in newest.items() if begun[name] < due and not _is_since(taken, due)
    ]
    if late:
        return failed(" ".join(_lateness(name, newest[name], due, at) for name in late))
    taken = [each for each in newest.values() if each]
    if not taken:
        return inconclusive("No backup was due yet.")
    return passed(f"The oldest of the newest verified backups is {_age(min(taken), at)} old.")


def measure_store(route: StoreRoute) -> Finding:
    try:
        count = len(Store(route).names())
    except PortalError as error:
        return failed(str(error))
    return passed(f"The store answers; it has {count:,} files.")


def measure_mail(route: MailRoute, seconds: float) -> Finding:
    """Connect and greet; nothing is sent, and no password."""
    deadline = Deadline(seconds)
    try:
        with _server(route, deadline) as server:
            code, said = server.ehlo()
            if not 200 <= code < 300:
                return failed(f"The mail server answers {code} {said.decode('utf-8', 'replace')}.")
            if route.must_encrypt and not server.has_extn("starttls"):
                return failed("The mail server offers no encryption, and nothing is sent without.")
    except ssl.SSLCertVerificationError as error:
        return failed(f"The mail server’s certificate can’t be trusted: {error.verify_message}.")
    except TimeoutError:
        return failed(f"The mail server did not answer within {seconds:g} s.")
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        return failed(f"The mail server can’t be reached: {error}.")
    return passed("The mail server answers.")


def _server(route: MailRoute, deadline: Deadline) -> smtplib.SMTP:
    if not route.is_tls:
        return smtplib.SMTP(route.host, route.port, timeout=deadline.left)
    context = ssl.create_default_context()
    return smtplib.SMTP_SSL(route.host, route.port, timeout=deadline.left, context=context)


def _known_since() -> dict[str, datetime]:
    """The databases that scheduled backups cover, and since when."""
    rows = {each.name: registered_target(each.name) for each in targets()}
    found = {name: row.registered_at for name, row in rows.items() if row}
    room = known_control_room()
    return {**found, OPS: room.created_at} if room else found


def _taken_at(name: str) -> datetime | None:
    backup = newest_backup(name)
    return backup.taken_at if backup else None


def _is_since(taken: datetime | None, due: datetime) -> bool:
    return taken is not None and taken >= due and not is_ahead(taken)


def _lateness(name: str, taken: datetime | None, due: datetime, at: datetime) -> str:
    since = f"is {_age(taken, at)} old" if taken and not is_ahead(taken) else "does not exist"
    return f"The newest verified backup of {name} {since}; one was due {due:%Y-%m-%d %H:%M} UTC."


def _age(taken: datetime, at: datetime) -> str:
    return duration(max(timedelta(0), at - taken))
