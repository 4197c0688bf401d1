"""Prometheus' text format: one statement for each group of metrics.

What can't be asked is left out and named in `talkback_metrics_failed`; no answer is an error.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.backups.models import Backup
from portal.emails.models import Message, MessageState
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.models import Operation, OperationState
from portal.monitoring.errors.models import ErrorGroup
from portal.monitoring.probes.models import ProbeState
from portal.monitoring.probes.queries import probes_now

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HELP = {
    "talkback_probe_up": "1 up, 0 down; left out while it is unknown.",
    "talkback_probe_measured_age_seconds": "Since the last measurement that could tell.",
    "talkback_probe_milliseconds": "How long the last measurement took.",
    "talkback_worker_alive": "1 if a worker runs.",
    "talkback_operations": "Operations that wait or run.",
    "talkback_backup_verified_age_seconds": "Of the newest verified backup of each database.",
    "talkback_messages": "Messages that wait, failed, or may have left.",
    "talkback_unhandled_errors": "Unhandled errors that are on record, by release.",
    "talkback_metrics_failed": "1 for a group of metrics that could not be asked for.",
}
QUEUED = (OperationState.WAITING, OperationState.RUNNING)
OPEN = (MessageState.WAITING, MessageState.FAILED, MessageState.UNKNOWN)

Sample = tuple[str, dict[str, str], float]


def exposition() -> str:
    """All metrics, with a line for each group whether it could be asked for."""
    at, found = now(), list[Sample]()
    is_reachable = True
    for name, group in GROUPS.items():
        try:
            found += list(group(at)) if is_reachable else []
            has_failed = not is_reachable
        except Exception as error:
            db.session.rollback()
            log.warning("The metrics of %s are left out: %s", name, type(error).__name__)
            has_failed, is_reachable = True, not isinstance(error, OperationalError)
        found.append(("talkback_metrics_failed", {"group": name}, float(has_failed)))
    return written(found)


def written(samples: list[Sample]) -> str:
    lines = []
    for name, text in HELP.items():
        of = [each for each in samples if each[0] == name]
        if of:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels(labels)} {value:.10g}" for _, labels, value in of]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: dict[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _probes(at: datetime) -> Iterator[Sample]:
    for each in probes_now(at):
        labels = {"probe": each.key, "kind": str(each.kind), "target": each.target or ""}
        if each.state is not ProbeState.UNKNOWN:
            yield "talkback_probe_up", labels, float(each.is_up)
            if each.milliseconds is not None:
                yield "talkback_probe_milliseconds", labels, each.milliseconds
        if each.measured_at and each.measured_at <= at:
            age = (at - each.measured_at).total_seconds()
            yield "talkback_probe_measured_age_seconds", labels, age


def _worker(_at: datetime) -> Iterator[Sample]:
    yield "talkback_worker_alive", {}, float(worker_is_alive())


def _operations(_at: datetime) -> Iterator[Sample]:
    query = select(Operation.state, func.count()).where(Operation.state.in_(QUEUED))
    rows = db.session.execute(query.group_by(Operation.state))
    counts = {row[0]: row[1] for row in rows}
    for state in QUEUED:
        yield "talkback_operations", {"state": str(state)}, counts.get(state, 0)


def _backups(at: datetime) -> Iterator[Sample]:
    is_good = Backup.proven_at.is_not(None), Backup.removed_at.is_(None), Backup.damage.is_(None)
    query = select(Backup.target, func.max(Backup.taken_at)).where(*is_good)
    for target, taken_at in db.session.execute(query.group_by(Backup.target)):
        if taken_at <= at:
            age = (at - taken_at).total_seconds()
            yield "talkback_backup_verified_age_seconds", {"target": target}, age


def _messages(_at: datetime) -> Iterator[Sample]:
    query = select(Message.state, func.count()).where(Message.state.in_(OPEN))
    rows = db.session.execute(query.group_by(Message.state))
    counts = {row[0]: row[1] for row in rows}
    for state in OPEN:
        yield "talkback_messages", {"state": str(state)}, counts.get(state, 0)


def _errors(_at: datetime) -> Iterator[Sample]:
    query = select(ErrorGroup.release, func.sum(ErrorGroup.count)).group_by(ErrorGroup.release)
    for release, count in db.session.execute(query):
        yield "talkback_unhandled_errors", {"release": release}, float(count)


GROUPS: dict[str, Callable[[datetime], Iterator[Sample]]] = {
    "probes": _probes,
    "worker": _worker,
    "operations": _operations,
    "backups": _backups,
    "messages": _messages,
    "errors": _errors,
}
