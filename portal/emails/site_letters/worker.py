"""The worker's task for emails of the sites: each second it looks whether one waits.

They are sent by a thread beside the worker's loop: operations would fill the audit log with what
visitors cause. An attempt that the end of the worker cuts off is found by the next one.
"""

import atexit
import logging
import threading
import time
from collections.abc import Mapping, Sequence

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.faults.unexpected import note_unexpected
from portal.core.storage.database import db
from portal.databases.targets.config import Target, target_named, targets
from portal.directory.unattended.permission import is_known
from portal.directory.unattended.waiting import waiting_letters
from portal.emails.site_letters.rows import end_orphans, forget_old
from portal.emails.site_letters.sending import clear_settled, send_letters
from portal.emails.site_letters.sendings import Standing, settle_lost, standing_of
from portal.emails.site_letters.words import WORDS
from portal.jobs.worker.each_second import every, every_tick

PAUSE = 10.0
"""Seconds until a directory is tried again that could not be read, or may not be written now."""
AT_THE_END = 2.0
"""Seconds that the end of the worker waits for the email that is being sent."""
SETTLED_EACH = 300.0

log = logging.getLogger(__name__)


class Sender:
    """One thread at most, which sends what was found and ends."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._thread: threading.Thread | None = None
        self._ends = threading.Event()
        self._not_before: dict[str, float] = {}
        self._said: dict[str, str] = {}
        atexit.register(self.end)

    @property
    def is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def is_wanted(self, target: Target, standing: Standing) -> bool:
        """Whether something can be sent, or is settled and may be deleted now."""
        is_paused = time.monotonic() < self._not_before.get(target.name, 0.0)
        return not is_paused and bool(standing.due or standing.settled)

    def begin(self, work: Mapping[str, Sequence[str]]) -> None:
        """`work`: ids of letters by the name of their directory."""
        self._thread = threading.Thread(
            target=self._run, args=(work,), name="emails of sites", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        self._ends.set()
        if self._thread is not None:
            self._thread.join(AT_THE_END)

    def wait(self) -> None:
        """Until what was begun has ended."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, work: Mapping[str, Sequence[str]]) -> None:
        with self._app.app_context():
            for name, uuids in work.items():
                is_done = self._send(target_named(name), uuids)
                self._not_before[name] = 0.0 if is_done else time.monotonic() + PAUSE

    def _send(self, target: Target, uuids: Sequence[str]) -> bool:
        """Whether all is done there that can be done now."""
        try:
            send_letters(target, uuids, may_go_on=lambda: not self._ends.is_set())
            return clear_settled(target, uuids)
        except (PortalError, SQLAlchemyError, OSError) as error:
            self._say(target.name, str(error))
        except Exception as error:
            log.exception("Emails of %s were not sent", target.name)
            db.session.rollback()
            note_unexpected(error, "worker: emails of sites")
        finally:
            db.session.rollback()
        return False

    def _say(self, name: str, why: str) -> None:
        """Once, until it is something else."""
        if self._said.get(name) != why:
            self._said[name] = why
            log.warning("Emails of %s were not sent: %s", name, why)


_senders: dict[int, Sender] = {}


def the_sender() -> Sender:
    """One for each application of this process."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if id(app) not in _senders:
        _senders.clear()
        _senders[id(app)] = Sender(app)
    return _senders[id(app)]


@every_tick
def look_after_site_letters() -> None:
    """One statement for each directory; more only where something waits. Commits."""
    sender = the_sender()
    if sender.is_busy:
        return
    work = dict[str, Sequence[str]]()
    for target in targets():
        uuids = waiting_letters(target, WORDS) if target.is_directory else []
        if uuids and is_known(target):
            standing = standing_of(uuids)
            settle_lost(standing.lost)
            if sender.is_wanted(target, standing):
                work[target.name] = [*standing.due, *standing.settled]
    if work:
        sender.begin(work)


@every(SETTLED_EACH)
def end_letters_that_are_gone() -> None:
    """Commits."""
    at = now()
    end_orphans(at)
    forget_old(at)
