"""A process's own lease: tells the release gate that it lives, and the process if it may go on.

It renews its lease in ops every few seconds. If it can't, the lease becomes invalid by its own
clock MARGIN before an observer's timeout. A site that loses ops goes on reading: `beside_targets`.
"""

import atexit
import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask, current_app
from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.core.configuration.settings import settings
from portal.core.faults.alarm import alarm_about_ops
from portal.core.page import current_page
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db, reading, update_one
from portal.jobs.connection import ops_engine
from portal.jobs.leases.beside_targets import TargetLeaseHolder
from portal.jobs.leases.beside_targets import clock as _clock
from portal.jobs.leases.clocks import ops_moment
from portal.jobs.leases.for_pages import FOR_PAGES
from portal.jobs.leases.observing import TTL, observer
from portal.jobs.leases.places import LeaseStore, place_beside, room_of
from portal.jobs.models import Lease, LeaseKind
from portal.jobs.ops_revision import OpsContact, revision_on
from portal.jobs.processes import this_host
from portal.jobs.release import release_name

MARGIN = timedelta(seconds=5)
INTERVAL = timedelta(seconds=5)
RETRY = timedelta(seconds=1)
KEEP = timedelta(days=1)
LAST_WRITE_SECONDS = 10
"""How long ending a lease waits for a renewal in progress, as a server may not answer."""
_LIVE = select(Lease).where(Lease.ended_at.is_(None)).order_by(Lease.started_at)

log = logging.getLogger(__name__)


class LeaseHolder:
    """One process's lease and the thread that renews it."""

    def __init__(
        self, url: URL, kind: LeaseKind, environment: str | None, serves: Sequence[str]
    ) -> None:
        self.uuid = str(uuid4())
        self.pid = os.getpid()
        self.kind = kind
        self.environment = environment
        self.serves = list(serves)
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._engine: Engine = ops_engine(url, patience=2, owner=self)
        self._valid_until = float("-inf")
        self._ended = threading.Event()
        self.is_given_back = False
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._room = ("", "")
        self.ops = OpsContact()
        release_name()  # runs a child process and caches the result; not while ops is locked
        self.beside = TargetLeaseHolder(self._beside_row, lasts=TTL - MARGIN)
        self._beside_thread: threading.Thread | None = None
        self._places: list[LeaseStore] = []

    def start(self) -> None:
        if not self.renew():
            self.ops.was_silent(self._engine)
        self.observe()
        self._thread.start()

    def stand_at(self, places: Iterable[LeaseStore]) -> None:
        """Also hold leases next to these targets, written immediately and then by a thread.

        A process that serves no site waits until ops has its lease: next to a target it would be
        taken for one that lost ops, and without ops it can do nothing there.
        """
        self._places = list(places)
        if self.kind is LeaseKind.WEB or self.is_valid:
            self._stand()

    def _stand(self) -> None:
        self.beside.stand_at(self._places)
        if self._beside_thread is None and self.beside.is_needed:
            run = threading.Thread(target=self._keep_beside, name="lease beside", daemon=True)
            self._beside_thread = run
            run.start()

    @property
    def is_valid(self) -> bool:
        return _clock() < self._valid_until

    def renew(self) -> bool:
        """Renew the lease. Returns False, without raising, if ops does not answer."""
        asked = _clock()
        with self._writing:
            if self._ended.is_set():
                return False
            try:
                self._write()
            except SQLAlchemyError as error:
                self._alarm(error, "The lease could not be renewed")
                return False
            if self._ended.is_set():  # `end` stopped waiting for this write
                self._give_back()
                return False
            self._valid_until = asked + (TTL - MARGIN).total_seconds()
        self.ops.answered(asked)
        if not self._room[0]:
            self._room = room_of(self._engine)
        return True

    def observe(self) -> None:
        """Read all leases, so that this process can tell which processes are dead."""
        try:
            observer.look(self._engine)
        except SQLAlchemyError as error:
            self._alarm(error, "The leases could not be checked")

    def _alarm(self, error: SQLAlchemyError, what: str) -> None:
        """Also in its threads, which have no application context."""
        with self._app.app_context():
            alarm_about_ops(error, settings(), what)

    def end(self) -> None:
        """End the lease. Idempotent; does nothing in a fork, as the lease belongs to the parent.

        A renewal in progress finishes first, and none starts afterwards: it would treat the lease
        as ended by another process and write a new one.
        """
        if self.is_given_back or os.getpid() != self.pid:
            return
        self._ended.set()
        self._valid_until = float("-inf")
        self.beside.end()
        if self._writing.acquire(timeout=LAST_WRITE_SECONDS):
            self._valid_until = float("-inf")
            self._give_back()
            self._writing.release()
        for thread in filter(None, (self._thread, self._beside_thread)):
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(timeout=3)

    def _give_back(self) -> None:
        try:
            with self._engine.begin() as connection:
                ended = {"ended_at": ops_moment(connection)}
                mine = Lease.uuid == self.uuid, Lease.ended_at.is_(None)
                connection.execute(update(Lease).where(*mine).values(**ended))
        except SQLAlchemyError:
            log.warning("The lease could not be released; it will expire.")
        else:
            self.is_given_back = True

    def _keep(self) -> None:
        while not self._ended.wait((INTERVAL if self.is_valid else RETRY).total_seconds()):
            if self.renew():
                self._stand()
                self.observe()
            else:
                self.ops.was_silent(self._engine)

    def _keep_beside(self) -> None:
        while not self._ended.wait((INTERVAL if self.beside.is_valid else RETRY).total_seconds()):
            self.beside.renew()

    def _write(self) -> None:
        with self._engine.begin() as connection:
            self.ops.revision = revision_on(connection)
            moment = ops_moment(connection)
            times = {"renewed_at": moment, "expires_at": moment + TTL}
            mine = Lease.uuid == self.uuid
            counted = {"renewals": func.coalesce(Lease.renewals, 0) + 1}
            is_held = mine, Lease.ended_at.is_(None)
            if not update_one(Lease, *is_held, values={**times, **counted}, on=connection):
                if connection.execute(select(Lease.uuid).where(mine)).first():
                    self.uuid = str(uuid4())  # another process ended it, but this one is alive
                row = {**self._row(), **times, "started_at": moment, "renewals": 1}
                connection.execute(insert(Lease).values(row))
                connection.execute(delete(Lease).where(Lease.ended_at < moment - KEEP))

    def _row(self) -> dict[str, object]:
        return {
            "uuid": self.uuid,
            "kind": self.kind,
            "environment": self.environment,
            "release": release_name(),
            "serves": self.serves,
            "host": this_host(),
            "pid": self.pid,
        }

    def _beside_row(self) -> Mapping[str, Any]:
        """Before the control room's identity is known, the row belongs to no room."""
        room, title = self._room
        return {**self._row(), "room": room, "room_title": title}


_held: LeaseHolder | None = None
_taking = threading.Lock()


def take_lease(
    kind: str,
    *,
    environment: str | None = None,
    serves: Sequence[str] = (),
    target: str | None = None,
) -> LeaseHolder:
    """Take this process's lease, or return the one it holds; renewed until it ends.

    `serves`: the revisions of the directory that this code can work with; `target`: the target next
    to which another lease is held. Safe after a fork, and cheap if the lease is held. If ops does
    not answer, the thread takes it later.
    """
    global _held  # noqa: PLW0603 — one process, one lease
    if (held := held_lease()) is not None:
        return held
    with _taking:
        if (held := held_lease()) is None:
            held = LeaseHolder(settings().ops_url, LeaseKind(kind), environment, serves)
            held.start()
            if place := place_beside(target):
                held.stand_at([place])
            atexit.register(held.end)
            _held = held
    return held


@contextmanager
def leased(kind: str = LeaseKind.COMMAND, *, target: str | None = None) -> Iterator[LeaseHolder]:
    """Hold a lease within the block; a process that already has one keeps it."""
    had = held_lease()
    held = had or take_lease(kind, target=target)
    try:
        yield held
    finally:
        if had is None:
            end_lease()


def end_lease() -> None:
    """End this process's lease, if it holds one."""
    global _held  # noqa: PLW0603 — one process, one lease
    if held := held_lease():
        held.end()
        if held.is_given_back:
            atexit.unregister(held.end)  # otherwise ending it is retried at exit
        _held = None


def holds_lease(uuid: str | None = None) -> bool:
    """False in a process whose lease expired, until ops answers again.

    True if none was ever taken: a shell or a test serves no pages. `uuid`: only this lease counts,
    not a new one taken after another process ended it; work begun under the old one counts as
    ended.
    """
    held = held_lease()
    return held is None or (held.is_valid and uuid in {None, held.uuid})


def may_serve() -> bool:
    """False in a process that lost both of its leases, in ops and next to its target."""
    held = held_lease()
    return held is None or held.is_valid or held.beside.is_valid


def held_lease() -> LeaseHolder | None:
    """The lease of this process, if it took one."""
    return _held if _held is not None and _held.pid == os.getpid() else None


def live_leases(environment: str | None = None) -> list[Lease]:
    """Leases not known to be dead, of one environment or all, oldest first.

    No times are compared: a killed process counts until an observer has ended its lease.
    """
    live = (each for each in known_leases() if each.ended_at is None)
    return [each for each in live if environment in {None, each.environment}]


@cached_until_commit()
def known_leases() -> Sequence[Lease]:
    """The current state in ops, in a transaction of its own: that of a change may have begun before
    a process did. For a page with the last worker's lease, ended or not."""
    if current_page() is not None:
        return db.session.scalars(FOR_PAGES).all()
    with reading(), Session(db.engines["ops"], expire_on_commit=False) as session:
        return session.scalars(_LIVE).all()
